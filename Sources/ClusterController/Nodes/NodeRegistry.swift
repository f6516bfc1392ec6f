package import CSIMessages
package import DriverCore
import Naming
import Synchronization

/// The nodes that have registered with this replica of the controller.
///
/// It is a cache of what each node tells every replica every few seconds. So a replica that starts
/// soon knows all nodes, and no replica needs the memory of another one.
package final class NodeRegistry: Sendable {
    package static let defaultLease = Duration.seconds(30)
    /// How long after its last registration a create still asks a silent node.
    ///
    /// A try of a create whose answer was lost is repeated within minutes: sidecars wait five
    /// minutes at most by default. Source: external-provisioner, --retry-interval-max.
    static let memory = Duration.seconds(600)
    /// An upper limit, because a stolen certificate can register any node id.
    private static let limit = 20_000

    /// A node that has not registered for this long is silent.
    package let lease: Duration
    private let started: ContinuousClock.Instant
    let now: @Sendable () -> ContinuousClock.Instant
    let table = Mutex(NodeTable())
    /// The newest registration, and the first one since the last gap.
    private let contact = Mutex<(heard: ContinuousClock.Instant?, since: ContinuousClock.Instant?)>(
        (nil, nil)
    )
    let lostNodes: LostNodes

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

    /// How often nodes register: two registrations in a row may be lost.
    package var interval: Duration { lease / 3 }

    /// Whether every live node has had the time to register, and every other relevant node is
    /// known.
    ///
    /// The time begins with the first registration, and again after a lease in which none came: a
    /// replica that nodes cannot reach, or could not until now, does not know who is missing. Nodes
    /// tell how many were known before. One that is missing may have made a volume whose answer was
    /// lost, for as long as ``memory``.
    package var isSettled: Bool {
        let time = now()
        let waited = contact.withLock { contact -> Duration? in
            guard let heard = contact.heard, let since = contact.since, time - heard < lease else {
                return nil
            }
            return time - since
        }
        guard let waited, waited >= lease else { return false }
        return waited >= Self.memory || table.withLock { $0.entries.count >= $0.told }
    }

    /// How many nodes registered within the memory, without those that are declared lost.
    package var knownNodes: Int64 {
        let time = now()
        return table.withLock { table in
            // Each registration asks.
            if let known = table.known, time - known.at < .seconds(1) { return known.count }
            let count = table.entries.values.count { entry in
                time - entry.heard < Self.memory
                    && !lostNodes.contains(entry.node.id, bootID: entry.node.registration.bootID)
            }
            table.known = (Int64(count), time)
            return Int64(count)
        }
    }

    /// Whether the process has run for one lease: a declared node that is not known by now is
    /// silent.
    var hasWaited: Bool { now() - started >= lease }

    /// The effect of a registration.
    package struct Outcome: Sendable {
        /// Whether the node was declared lost until now.
        package let wasLost: Bool
        /// How many nodes were known before this one; nil where the registration came too late.
        package let serial: Int?
    }

    /// Takes over a node's registration.
    ///
    /// Throws `conflict` where another living node holds its id.
    package func register(_ node: ClusterNode, from address: String, clockOffset: Duration = .zero)
        throws(DriverError) -> Outcome
    {
        let time = now()
        let result = table.withLock { table in
            take(node, from: address, clockOffset, at: time, into: &table)
        }
        let serial = try result.get()
        contact.withLock { contact in
            let isAfterGap = contact.heard.map { time - $0 >= lease } ?? true
            if isAfterGap { contact.since = time }
            contact.heard = time
        }
        return Outcome(wasLost: lostNodes.end(node.id), serial: serial)
    }

    private func take(
        _ node: ClusterNode,
        from address: String,
        _ clockOffset: Duration,
        at time: ContinuousClock.Instant,
        into table: inout NodeTable
    ) -> Result<Int?, DriverError> {
        let held = table.entries[node.digest]
        if let held, let refusal = refusal(of: node, from: address, held, at: time) {
            return .failure(refusal)
        }
        // A registration that was on its way when its process said that it stops.
        let instance = node.registration.instanceID
        if let held, held.hasLeft, !instance.isEmpty,
            held.node.registration.instanceID.hasSameBytes(as: instance)
        {
            return .success(nil)
        }
        if held == nil {
            table.forget { isForgettable($0, at: time) }
            guard table.entries.count < Self.limit else { return .failure(Self.tooMany(node.id)) }
        }
        table.told = max(table.told, min(node.registration.knownNodes, Int64(Self.limit)))
        let serial = held?.serial ?? table.takeSerial()
        var entry = NodeEntry(
            serial: serial,
            node: node,
            heard: time,
            address: address,
            clockOffset: clockOffset
        )
        if let held { entry.carryOver(from: held, at: time) }
        table.take(entry)
        return .success(serial)
    }

    /// Whether a node can be forgotten: it is declared lost, and no create waits for it.
    ///
    /// Every other silent node may have volumes. So its memory goes only with the process.
    private func isForgettable(_ entry: NodeEntry, at time: ContinuousClock.Instant) -> Bool {
        guard time - entry.heard >= max(lease, Self.memory) else { return false }
        return lostNodes.contains(entry.node.id, bootID: entry.node.registration.bootID)
    }

    /// Notes that a node stops; ignored for a process that another one has replaced.
    package func leave(_ request: LeaveRequest, from address: String) {
        table.withLock { table in
            let digest = NodeIdentity.idDigest(ofNode: request.nodeID)
            guard let entry = table.entries[digest] else { return }
            let known = entry.node.registration
            guard known.nodeID.hasSameBytes(as: request.nodeID),
                known.instanceID.hasSameBytes(as: request.instanceID),
                known.bootID.hasSameBytes(as: request.bootID), entry.address == address
            else { return }
            table.leave(digest)
        }
    }

    /// Counts a new volume until the node's next registration includes it.
    func charge(_ size: Int64, to node: ClusterNode, tier name: String) {
        let charge = Charge(tier: name, bytes: ClusterNode.bounded(size), time: now())
        table.withLock { $0.add(charge, to: node.digest) }
    }

    private func refusal(
        of node: ClusterNode,
        from address: String,
        _ held: NodeEntry,
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
}
