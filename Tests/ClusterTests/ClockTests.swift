import CSIMessages
import DriverHarness
import Host
import TestSupport
import Testing

/// n3 has a clock of its own.
@Suite(
    .serialized,
    .fleet(
        FleetPlan(nodes: [.init("n1"), .init("n2"), .init("n3", wrapper: FalseClock.command)])
    ),
    .timeLimit(.minutes(5))
)
struct `A node whose clock is wrong` {
    let fleet: Fleet
    private var node: Cluster { fleet.nodes[2] }

    init() throws { fleet = try Fleet.here() }

    @Test(arguments: [(3600, "ahead of"), (-3600, "behind")])
    func `is named by the status of each controller, and works`(_ seconds: Int, _ words: String)
        async throws
    {
        try FalseClock(folder: node.folder).set(toSeconds: seconds)
        for controller in fleet.controllers {
            try await wait(for: "word of the clock at \(controller.name)") {
                let view = try #require(try await fleet.view(of: node, at: controller))
                return abs(view.clockOffsetMilliseconds / 1000 - Int64(seconds)) < 60
            }
            let lines = try status(controller).split(separator: "\n")
            let warning = try #require(lines.first { $0.hasPrefix("n3: its clock is ") })
            #expect(warning.contains(" s \(words) the controller's"), "\(warning)")
            #expect(!lines.contains { $0.hasPrefix("n1: ") || $0.hasPrefix("n2: ") })
        }
        // It joins anew with that clock: certificates are compared with it.
        try await node.driver.restart()
        let log = try node.driver.log()
        #expect(log.contains { $0["message"]?.contains("clock of this node differs") ?? false })
        for controller in fleet.controllers {
            try await fleet.waitUntilComplete(controller)
            let name = controller.unique("late")
            let request = Fleet.request(name, preferred: node.topology)
            let answer = try await fleet.insisting(on: request, through: controller)
            let volume = try #require(answer.volume).volumeID
            try await node.using(volume) { try write("late", in: $0) }
            try await controller.delete(volume)
        }
        try FalseClock(folder: node.folder).set(toSeconds: 0)
        for controller in fleet.controllers {
            try await wait(for: "calm at \(controller.name)") {
                try await fleet.view(of: node, at: controller)?.message.isEmpty ?? false
            }
            #expect(!(try status(controller)).contains("clock"))
        }
    }

    private func status(_ controller: Cluster) throws -> String {
        let endpoint = "unix://\(controller.driver.places.socket)"
        return try Tool.run(Driver.binary(), "status", "--endpoint", endpoint)
    }
}
