import CSIMessages
import DriverHarness
import TestSupport
import Testing

/// Controllers that take only certificates which name the node.
@Suite(.serialized, .fleet(FleetPlan(hasNodeNames: true)), .timeLimit(.minutes(5)))
struct `Certificates that name their node` {
    let fleet: Fleet
    private var node: Cluster { fleet.nodes[1] }

    init() throws { fleet = try Fleet.here() }

    /// The fleet has started: each node got in with its own.
    @Test func `keep out who has another node's, until it has its own, without a restart`()
        async throws
    {
        let version = try Tool.run(["/usr/bin/readlink", data(of: node)])
            .split(separator: "\n").joined()
        try show("\(fleet.nodes[0].certificates)/..data")
        // The connections that are there keep the old certificate.
        try await node.driver.restart()
        try await wait(for: "the refusal that names \(node.name)") {
            try node.driver.log().contains {
                $0["error"]?.contains("which may not act for node '\(node.name)'") == true
            }
        }
        for controller in fleet.controllers {
            let view = try await fleet.view(of: node, at: controller)
            #expect(view?.state != .ready)
        }
        let pid = node.driver.pid
        try show(version)
        for controller in fleet.controllers { try await fleet.waitUntilComplete(controller) }
        #expect(node.driver.pid == pid)
    }

    private func data(of node: Cluster) -> String { "\(node.certificates)/..data" }

    /// Turns the node's certificate folder to another version, as kubelet does.
    private func show(_ version: String) throws {
        let new = "\(node.certificates)/..new"
        try Tool.run(["/usr/bin/ln", "--symbolic", version, new])
        try Tool.run(["/usr/bin/mv", "--no-target-directory", new, data(of: node)])
    }
}
