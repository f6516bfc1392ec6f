import CSIMessages
import DriverHarness
import Glibc
import TestSupport
import Testing

/// Somebody who connects to a controller's port and says nothing, over and over.
@Suite(
    .serialized,
    .fleet(FleetPlan(controllers: 1, nodes: [.init("n1")])),
    .timeLimit(.minutes(5))
)
struct `Connections that say nothing to a controller` {
    /// More than the controller takes.
    private static let connections = 1600

    let fleet: Fleet
    private var controller: Cluster { fleet.controllers[0] }
    private var node: Cluster { fleet.nodes[0] }

    init() throws { fleet = try Fleet.here() }

    /// Holds that many connections to the controller, and opens them again when they are closed.
    private func flood() throws -> ChildProgram {
        let place = controller.listenAddress.replacing(":", with: "/")
        let script = """
            ulimit -n 4096
            while :; do
                for ((i = 0; i < \(Self.connections); i++)); do
                    [[ -z ${c[i]:-} ]] || exec {c[i]}<&-
                    exec {c[i]}<>/dev/tcp/\(place) || exit
                    ((i % 100)) || sleep 0.1
                done
            done
            """
        return try fleet.network.start(
            in: node,
            ["/bin/bash", "-c", script],
            standardError: "\(fleet.folder)/flood.log"
        )
    }

    @Test func `keep no node away`() async throws {
        try await node.driver.stop()
        let flood = try flood()
        let pid = try #require(controller.driver.pid)
        try await wait(for: "as many connections as the controller takes") {
            Paths.names(in: "/proc/\(pid)/fd").count > 1380
        }
        try await node.driver.start()
        try await fleet.waitUntilComplete(controller)
        // The node comes again and again, each time over a connection of its own or the one it has.
        let name = controller.unique("beside")
        let answer = try await fleet.insisting(
            on: Fleet.request(name, preferred: node.topology),
            through: controller
        )
        #expect(fleet.holders(of: name) == [node.name])
        #expect(flood.ended == nil)
        flood.signal(SIGKILL)
        #expect(try await flood.waitForEnd() == .signalled(SIGKILL))
        try await controller.delete(try #require(answer.volume).volumeID)
    }
}
