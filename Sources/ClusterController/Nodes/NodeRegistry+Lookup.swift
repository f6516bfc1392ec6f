import CSIMessages
import DriverCore
import Naming
import Synchronization

/// Lookups of the known nodes.
extension NodeRegistry {
    /// The node with the digest in an id; throws where it is not alive.
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

    /// The number of known nodes, in any state.
    var count: Int { table.withLock(\.entries.count) }

    /// All nodes, ordered by digest, which is also the order of their ids.
    package var nodes: [NodeView] {
        let entries = table.withLock { table in table.order.compactMap { table.entries[$0] } }
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

    /// The room of a tier on the live nodes of a topology; nil where none of its nodes is known.
    func room(of tier: String?, in topology: Topology?) -> TierRoom? {
        guard let topology else {
            let limit = now() - lease
            return table.withLock { table in
                table.entries.isEmpty ? nil : table.rooms.sum(of: tier, heardAfter: limit)
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

    /// Any live node; nil where there is none.
    var anyLiving: ClusterNode? {
        let limit = now() - lease
        return table.withLock { table in
            table.entries.values.first { !$0.hasLeft && $0.heard > limit }?.node
        }
    }

    func view(ofDigest digest: String) -> NodeView? {
        table.withLock { $0.entries[digest] }.map { view($0, at: now()) }
    }

    func view(_ entry: NodeEntry, at time: ContinuousClock.Instant) -> NodeView {
        let age = time - entry.heard
        var state: RegisteredNode.State = age < interval * 2 ? .ready : .late
        if age >= lease { state = .silent }
        if entry.hasLeft { state = .leaving }
        let bootID = entry.node.registration.bootID
        if !state.isLiving, lostNodes.contains(entry.node.id, bootID: bootID) { state = .lost }
        return NodeView(entry, state: state, age: age)
    }
}
