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
    /// How long after its last registration a silent node can still be asked for by a create.
    ///
    /// A try of a create whose answer was lost is repeated within minutes: sidecars wait five
    /// minutes at most by default. Source: external-provisioner, --retry-interval-max.
    static let memory = Duration.seconds(600)
    /// A bound on what a stolen certificate can make the controller keep.
    private static let limit = 20_000

    fileprivate struct Entry {
        /// How many nodes were known before this one.
        let serial: Int
        let node: ClusterNode
        let heard: ContinuousClock.Instant
        let address: String
        let clockOffset: Duration
        var hasLeft = false
        /// New volumes that the registration does not count yet.
        var charges: [Charge] = []
    }

    /// Nodes stay known, so the order rarely changes.
    fileprivate struct State {
        var entries: [String: Entry] = [:]
        /// The digests of all entries, sorted.
        var order: [String] = []
        /// Without nodes that have left.
        var rooms = TierRooms()
        /// How many nodes other replicas, or this one before it started again, have known.
        var told: Int64 = 0
        /// How many nodes count, and when that was counted.
        var known: (count: Int64, at: ContinuousClock.Instant)?
    }

    /// A node that was not heard from for this long is silent.
    package let lease: Duration
    private let started: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())
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

    /// Whether every living node has had the time to register, and every other one that matters is
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
        return waited >= Self.memory || state.withLock { $0.entries.count >= $0.told }
    }

    /// How many nodes were heard from within the memory, without those that are declared lost.
    package var knownNodes: Int64 {
        let time = now()
        return state.withLock { state in
            // Each registration asks.
            if let known = state.known, time - known.at < .seconds(1) { return known.count }
            let count = state.entries.values.count { entry in
                time - entry.heard < Self.memory
                    && !lostNodes.contains(entry.node.id, bootID: entry.node.registration.bootID)
            }
            state.known = (Int64(count), time)
            return Int64(count)
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
        let refusal = state.withLock { state -> DriverError? in
            let held = state.entries[node.digest]
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
            if held == nil, state.entries.count >= Self.limit { return Self.tooMany(node.id) }
            state.told = max(state.told, min(node.registration.knownNodes, Int64(Self.limit)))
            state.take(
                Entry(
                    serial: held?.serial ?? state.entries.count,
                    node: node,
                    heard: time,
                    address: address,
                    clockOffset: clockOffset,
                    charges: held?.charges(notCountedBy: node, clockOffset, at: time) ?? []
                )
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
        state.withLock { state in
            let digest = NodeIdentity.idDigest(ofNode: request.nodeID)
            guard let entry = state.entries[digest] else { return }
            let known = entry.node.registration
            guard known.nodeID.hasSameBytes(as: request.nodeID),
                known.instanceID.hasSameBytes(as: request.instanceID),
                known.bootID.hasSameBytes(as: request.bootID), entry.address == address
            else { return }
            state.entries[digest]?.hasLeft = true
            state.rooms.remove(entry.node.registration.tiers, ofNode: entry.serial)
        }
    }

    /// The node whose digest an id carries, which must be alive.
    ///
    /// Throws `unavailable` otherwise: nothing is known of a node that does not answer.
    func living(digest: some StringProtocol) throws(DriverError) -> ClusterNode {
        let key = String(digest)
        guard let view = view(ofDigest: key) else { throw absence(ofDigest: key) }
        guard view.state.isLiving else { throw Self.absence(of: view.node.id, view.state) }
        return view.node
    }

    /// Whether an administrator declared that the node with this digest will not return.
    func isLost(digest: some StringProtocol) -> Bool {
        let key = String(digest)
        if let view = view(ofDigest: key) { return view.state == .lost }
        return hasWaited && lostNodes.names(digest: key)
    }

    /// How many nodes are known, in whatever state.
    var count: Int { state.withLock(\.entries.count) }

    /// All nodes, ordered by digest, which is also the order of their ids.
    package var nodes: [NodeView] {
        let entries = state.withLock { state in state.order.compactMap { state.entries[$0] } }
        let time = now()
        return entries.map { view($0, at: time) }
    }

    /// The nodes of any of the topologies, ordered by digest; all nodes where there is none.
    ///
    /// Topologies that name their node, as those of Kubernetes do, cost nothing for the others.
    func nodes(inAny topologies: [Topology]) -> [NodeView] {
        let ids = topologies.compactMap { $0.segments[NodeIdentity.topologyKey] }
        guard !topologies.isEmpty, ids.count == topologies.count else {
            let index = TopologyIndex(topologies)
            return nodes.filter { topologies.isEmpty || index.first(of: $0.node) != nil }
        }
        let index = TopologyIndex(topologies)
        return Set(ids.map { NodeIdentity.idDigest(ofNode: $0) }).sorted()
            .compactMap { view(ofDigest: $0) }
            .filter { index.first(of: $0.node) != nil }
    }

    /// What the living nodes of a topology can promise in a tier; nil where none of its nodes is
    /// known.
    func room(of tier: String?, in topology: Topology?) -> TierRoom? {
        guard let topology else {
            let limit = now() - lease
            return state.withLock { state in
                state.entries.isEmpty ? nil : state.rooms.sum(of: tier, heardAfter: limit)
            }
        }
        let views = nodes(inAny: [topology])
        guard !views.isEmpty else { return nil }
        return views.reduce(into: TierRoom()) { sum, view in
            if view.state.isLiving, let tier = view.node.tier(named: tier) {
                sum.add(view.room(tier))
            }
        }
    }

    /// Some node that is alive; nil where none is.
    var anyLiving: ClusterNode? {
        let limit = now() - lease
        return state.withLock { state in
            state.entries.values.first { !$0.hasLeft && $0.heard > limit }?.node
        }
    }

    /// Counts a new volume until the node's next registration does.
    func charge(_ size: Int64, to node: ClusterNode, tier name: String) {
        let charge = Charge(tier: name, bytes: ClusterNode.bounded(size), time: now())
        state.withLock { $0.add(charge, to: node.digest) }
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

    func view(ofDigest digest: String) -> NodeView? {
        state.withLock { $0.entries[digest] }.map { view($0, at: now()) }
    }

    private func view(_ entry: Entry, at time: ContinuousClock.Instant) -> NodeView {
        let age = time - entry.heard
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

extension NodeRegistry.Entry {
    /// The new volumes that a next registration does not count either: those whose create has ended
    /// since the node began to look at its tiers.
    ///
    /// A registration that took longer on its way than the one before shows by its clock.
    fileprivate func charges(
        notCountedBy node: ClusterNode,
        _ offset: Duration,
        at time: ContinuousClock.Instant
    ) -> [Charge] {
        let looked = time - node.surveyAge - max(.zero, clockOffset - offset)
        return charges.filter { $0.time > looked }
    }
}

extension NodeRegistry.State {
    fileprivate mutating func take(_ entry: NodeRegistry.Entry) {
        let digest = entry.node.digest
        let held = entries.updateValue(entry, forKey: digest)
        if held == nil {
            order.insert(digest, at: order.firstIndex { $0 > digest } ?? order.endIndex)
        }
        rooms.replace(
            held?.node.registration.tiers ?? [],
            with: entry.node.registration.tiers,
            ofNode: entry.serial,
            heard: entry.heard,
            room: entry.charges.room(of:)
        )
    }

    fileprivate mutating func add(_ charge: Charge, to digest: String) {
        entries[digest]?.charges.append(charge)
        guard let entry = entries[digest], !entry.hasLeft else { return }
        let tiers = entry.node.registration.tiers
        rooms.replace(
            tiers,
            with: tiers,
            ofNode: entry.serial,
            heard: entry.heard,
            room: entry.charges.room(of:)
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
    fileprivate let charges: [Charge]

    /// What new volumes in the tier can still be promised.
    func room(_ tier: NodeTier) -> TierRoom { charges.room(of: tier) }
}

extension RegisteredNode.State {
    /// Whether calls are sent to the node.
    var isLiving: Bool { self == .ready || self == .late }
}
