import DriverCore
import Glibc
import Synchronization
import TestSupport

/// A cluster on this machine: controllers and nodes as real processes with real certificates, each
/// in a network namespace of its own, and each node with pools of its own.
///
/// Every process is a ``Cluster`` of its own here, named as its folder: Controller calls go to one of
/// the controllers, Node calls to the node. ``network`` cuts them off.
package final class Fleet: Sendable {
    @TaskLocal package static var current: Fleet?

    package let folder: String
    package let plan: FleetPlan
    package let network: FleetNetwork
    package let controllers: [Cluster]
    package let nodes: [Cluster]
    private let guests = Mutex<[Cluster]>([])

    /// The fleet that the suite's trait has made.
    package static func here() throws -> Fleet {
        guard let current else { throw DriverError(.hostFailure, "the suite has no .fleet trait") }
        return current
    }

    /// Makes everything in a folder that is there, but starts nothing.
    init(in folder: String, _ plan: FleetPlan) throws {
        self.folder = folder
        self.plan = plan
        network = try FleetNetwork(in: "\(folder)/network")
        try Bytes.write("", to: Self.lostNodes(folder))
        let names = plan.hasNodeNames ? plan.nodes.map(\.name) : []
        try Self.makeCertificates(["\(folder)/certificates"] + names)
        let builder = FleetBuilder(folder: folder, plan: plan, network: network)
        controllers = try (1...plan.controllers).map(builder.controller)
        nodes = try plan.nodes.enumerated().map { try builder.node($1, number: $0 + 1) }
    }

    /// One more node, which the caller starts; none of ``nodes``.
    package func add(_ node: FleetPlan.Node) throws -> Cluster {
        let builder = FleetBuilder(folder: folder, plan: plan, network: network)
        return try guests.withLock { guests in
            let number = plan.nodes.count + guests.count + 1
            let guest = try builder.node(node, number: number)
            guests.append(guest)
            return guest
        }
    }

    /// Starts everything, and waits until each controller knows every node and all tiers.
    package func start() async throws {
        try await withThrowingTaskGroup { group in
            for member in controllers + nodes {
                group.addTask { try await member.driver.start() }
            }
            try await group.waitForAll()
        }
        for controller in controllers { try await waitUntilComplete(controller) }
    }

    /// Kills everything.
    func stop() async throws {
        for member in controllers + nodes + guests.withLock(\.self) {
            try await member.driver.stop(SIGKILL)
        }
    }

    /// Runs scripts/make-certificates.sh on the fleet's certificates, with these options.
    package func makeCertificates(_ options: String...) throws {
        let names = plan.hasNodeNames && options.isEmpty ? plan.nodes.map(\.name) : []
        try Self.makeCertificates(options + ["\(folder)/certificates"] + names)
    }

    /// The file of nodes that were declared lost.
    package var lostNodesFile: String { Self.lostNodes(folder) }

    static func lostNodes(_ folder: String) -> String { "\(folder)/lost-nodes" }

    private static func makeCertificates(_ words: [String]) throws {
        let script = "scripts/make-certificates.sh"
        guard let path = Paths.real(script) else {
            throw DriverError(.hostFailure, "\(script) is missing: run the tests in the repository")
        }
        try Tool.run([path] + words)
    }
}
