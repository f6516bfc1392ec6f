package import DriverCore

/// What a ``Fleet`` consists of.
package struct FleetPlan: Sendable {
    /// A node of the plan.
    package struct Node: Sendable {
        package let name: String
        /// Its name, unless a test wants another one.
        package var id: String
        /// The first tier is the default one.
        package var pools: [PoolKind]
        package var poolSize: ByteCount
        /// Segments as `--topology` takes them.
        package var topology: [String]
        /// Put before the driver's own command line, told the node's folder.
        package var wrapper: @Sendable (String) throws -> [String]

        package init(
            _ name: String,
            id: String? = nil,
            pools: PoolKind...,
            poolSize: ByteCount = .gibibytes(2),
            topology: [String] = [],
            wrapper: @escaping @Sendable (String) throws -> [String] = { _ in [] }
        ) {
            self.name = name
            self.id = id ?? name
            self.pools = pools.isEmpty ? [.xfsThin] : pools
            self.poolSize = poolSize
            self.topology = topology
            self.wrapper = wrapper
        }
    }

    package var controllers: Int
    package var nodes: [Node]
    package var leaseSeconds: Int
    /// Whether each node has a certificate of its own, and none else is taken.
    package var hasNodeNames: Bool

    package init(
        controllers: Int = 2,
        nodes: [Node] = [Node("n1"), Node("n2"), Node("n3")],
        leaseSeconds: Int = 6,
        hasNodeNames: Bool = false
    ) {
        self.controllers = controllers
        self.nodes = nodes
        self.leaseSeconds = leaseSeconds
        self.hasNodeNames = hasNodeNames
    }
}
