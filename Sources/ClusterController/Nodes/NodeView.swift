package import CSIMessages

/// A node and its present state.
package struct NodeView: Sendable {
    package let node: ClusterNode
    package let state: RegisteredNode.State
    /// Time since the last registration.
    package let age: Duration
    /// Where it came from.
    package let address: String
    /// How far the node's clock is ahead of the controller's.
    package let clockOffset: Duration
    private let charges: [Charge]
    private let formerTiers: FormerTiers

    init(_ entry: NodeEntry, state: RegisteredNode.State, age: Duration) {
        node = entry.node
        self.state = state
        self.age = age
        address = entry.address
        clockOffset = entry.clockOffset
        charges = entry.charges
        formerTiers = entry.formerTiers
    }

    /// The room for new volumes in the tier.
    func room(_ tier: NodeTier) -> TierRoom { charges.room(of: tier) }

    /// Whether the node had the tier until lately and no longer has it; nil means its default tier.
    func hadTier(named name: String?) -> Bool {
        node.tier(named: name) == nil && formerTiers.has(name)
    }
}

extension RegisteredNode.State {
    /// Whether calls are sent to the node.
    var isLiving: Bool { self == .ready || self == .late }
}
