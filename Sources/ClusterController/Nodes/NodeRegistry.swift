package import CSIMessages
package import DriverCore
import Synchronization

/// The nodes that have registered with this replica of the controller.
///
/// It is a cache of what each node tells every replica every few seconds. So a replica that starts
/// soon knows all nodes, and no replica needs the memory of another one.
package final class NodeRegistry: Sendable {
    package static let defaultLease = Duration.seconds(30)
    /// A bound on what a stolen certificate can make the controller keep.
    private static let limit = 20_000

    private struct Entry {
        var node: ClusterNode
        var heard: ContinuousClock.Instant
        var address: String
        var clockOffset: Duration
        var hasLeft = false
        /// Bytes of new volumes by tier that the registration does not count yet.
        var charges: [ByteKey: Int64] = [:]
    }

    /// A node that was not heard from for this long is silent.
    package let lease: Duration
    private let started: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant
    private let entries = Mutex<[String: Entry]>([:])
    /// The newest registration, and the first one since the last gap.
    private let contact = Mutex<(heard: ContinuousClock.Instant?, since: ContinuousClock.Instant?)>(
        (nil, nil)
    )
    private let lostNodes: LostNodes

    package init(
        lease: Duration = defaultLease,
        lostNodes: LostNodes,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.lease = lease
        self.lostNodes = lostNodes
        self.now = now
        started = now()
    }

    /// How often nodes register: two registrations may get lost.
    package var interval: Duration { lease / 3 }

    /// Whether every living node has had the time to register.
    ///
    /// The time begins with the first registration, and again after a lease in which none came: a
    /// replica that nodes cannot reach, or could not until now, does not know who is missing.
    package var isSettled: Bool {
        let time = now()
        return contact.withLock { contact in
            guard let heard = contact.heard, let since = contact.since else { return false }
            return time - heard < lease && time - since >= lease
        }
    }

    /// Whether the process has run for a lease: a declared node that is not known by now is silent.
    private var hasWaited: Bool { now() - started >= lease }

    /// Notes what a node says of itself.
    ///
    /// Returns whether it was declared lost, which ends now. Throws `conflict` where another living
    /// node holds its id.
    package func register(_ node: ClusterNode, from address: String, clockOffset: Duration = .zero)
        throws(DriverError) -> Bool
    {
        let time = now()
        let refusal = entries.withLock { entries -> DriverError? in
            let held = entries[node.digest]
            if let held, let refusal = self.refusal(of: node, from: address, held, at: time) {
                return refusal
            }
            // A registration that was on its way when its process said that it stops.
            let instance = node.registration.instanceID
            if let held, held.hasLeft, !instance.isEmpty,
                held.node.registration.instanceID.hasSameBytes(as: instance)
            {
                return nil
            }
            if held == nil, entries.count >= Self.limit { return Self.tooMany(node.id) }
            entries[node.digest] = Entry(
                node: node,
                heard: time,
                address: address,
                clockOffset: clockOffset
            )
            return nil
        }
        if let refusal { throw refusal }
        contact.withLock { contact in
            let isAfterGap = contact.heard.map { time - $0 >= lease } ?? true
            if isAfterGap { contact.since = time }
            contact.heard = time
        }
        return lostNodes.end(node.id)
    }

    /// Notes that a node stops in an orderly way; ignored for a process that another one has
    /// replaced.
    package func leave(_ request: LeaveRequest, from address: String) {
        entries.withLock { entries in
            for (digest, entry) in entries {
                let known = entry.node.registration
                guard known.nodeID.hasSameBytes(as: request.nodeID),
                    known.instanceID.hasSameBytes(as: request.instanceID),
                    known.bootID.hasSameBytes(as: request.bootID), entry.address == address
                else { continue }
                entries[digest]?.hasLeft = true
            }
        }
    }

    /// The node whose digest an id carries, which must be alive.
    ///
    /// Throws `unavailable` otherwise: nothing is known of a node that does not answer.
    func living(digest: some StringProtocol) throws(DriverError) -> ClusterNode {
        let key = String(digest)
        guard let entry = entries.withLock({ $0[key] }) else { throw absence(ofDigest: key) }
        let state = view(entry).state
        guard state.isLiving else { throw Self.absence(of: entry.node.id, state) }
        return entry.node
    }

    /// Whether an administrator declared that the node with this digest will not return.
    func isLost(digest: some StringProtocol) -> Bool {
        let key = String(digest)
        if let entry = entries.withLock({ $0[key] }) { return view(entry).state == .lost }
        return hasWaited && lostNodes.names(digest: key)
    }

    /// All nodes, ordered by digest, which is also the order of their ids.
    package var nodes: [NodeView] {
        entries.withLock { Array($0.values) }
            .sorted { $0.node.digest < $1.node.digest }
            .map(view)
    }

    /// Counts a new volume until the node's next registration does.
    func charge(_ size: Int64, to node: ClusterNode, tier name: String) {
        entries.withLock { $0[node.digest]?.charges[ByteKey(name), default: 0] += size }
    }

    private func refusal(
        of node: ClusterNode,
        from address: String,
        _ held: Entry,
        at time: ContinuousClock.Instant
    ) -> DriverError? {
        guard held.node.id.hasSameBytes(as: node.id) else {
            return Self.collision(node.id, with: held.node.id)
        }
        // A certificate that names the node is proof; without one, an id belongs to whoever holds
        // its lease.
        if held.node.isNamed, !node.isNamed { return Self.unnamed(node.id) }
        if node.isNamed, !held.node.isNamed { return nil }
        let isHolder = held.address == address && held.node.endpoint == node.endpoint
        let isFree = held.hasLeft || time - held.heard >= lease
        guard !isHolder, !isFree else { return nil }
        return Self.duplicate(node.id, heldBy: held.address, held.node.endpoint, lease)
    }

    private func view(_ entry: Entry) -> NodeView {
        let age = now() - entry.heard
        var state: RegisteredNode.State = age < interval * 2 ? .ready : .late
        if age >= lease { state = .silent }
        if entry.hasLeft { state = .leaving }
        let bootID = entry.node.registration.bootID
        if !state.isLiving, lostNodes.contains(entry.node.id, bootID: bootID) { state = .lost }
        return NodeView(
            node: entry.node,
            state: state,
            age: age,
            address: entry.address,
            clockOffset: entry.clockOffset,
            charges: entry.charges
        )
    }
}

/// A node and what the controller makes of it now.
package struct NodeView: Sendable {
    package let node: ClusterNode
    package let state: RegisteredNode.State
    /// Time since the last registration.
    package let age: Duration
    /// Where it came from.
    package let address: String
    /// How far the node's clock is ahead of the controller's.
    package let clockOffset: Duration
    fileprivate let charges: [ByteKey: Int64]

    /// What new volumes in the tier can still be promised, in bytes.
    func available(_ tier: NodeTier) -> Int64 {
        guard tier.isAvailable else { return 0 }
        return max(0, tier.availableBytes - (charges[ByteKey(tier.name)] ?? 0))
    }
}

extension RegisteredNode.State {
    /// Whether calls are sent to the node.
    var isLiving: Bool { self == .ready || self == .late }
}
