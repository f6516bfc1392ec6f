import CSIMessages

/// Chooses the nodes for a new volume, and the order in which they are tried.
package protocol PlacementPolicy: Sendable {
    /// `nodes` are all that the controller knows.
    ///
    /// Silent nodes in the result make the create wait for them, because they may already have the
    /// volume.
    func candidates(for volume: PlacementRequest, among nodes: [NodeView]) -> [NodeView]
}

/// The facts by which a policy decides.
package struct PlacementRequest: Sendable {
    /// nil for each node's default tier.
    let tier: String?
    let requisite: [Topology]
    let preferred: [Topology]
}

/// Preferred topologies first, in their order; then the node with most free room in the tier.
package struct LocalPlacement: PlacementPolicy {
    package init() {}

    package func candidates(for volume: PlacementRequest, among nodes: [NodeView]) -> [NodeView] {
        let requisite = TopologyIndex(volume.requisite)
        // Source: CSI TopologyRequirement.preferred: earlier entries are to be tried first.
        let preferred = TopologyIndex(volume.preferred)
        let ranked = nodes.compactMap { view -> (view: NodeView, rank: Int, room: Int64)? in
            guard let tier = view.node.tier(named: volume.tier),
                requisite.count == 0 || requisite.first(of: view.node) != nil
            else { return nil }
            let rank = preferred.first(of: view.node) ?? preferred.count
            return (view, rank, view.room(tier).available)
        }
        // The digest last, so that every replica finds the same order.
        return ranked.sorted { left, right in
            if left.rank != right.rank { return left.rank < right.rank }
            if left.room != right.room { return left.room > right.room }
            return left.view.node.digest < right.view.node.digest
        }.map(\.view)
    }
}
