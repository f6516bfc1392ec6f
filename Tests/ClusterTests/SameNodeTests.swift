import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// A second node that has the id of another, by an administrator's mistake.
@Suite(.serialized, .fleet(FleetPlan(controllers: 2)), .timeLimit(.minutes(5)))
struct `Two nodes with one id` {
    let fleet: Fleet
    private var node: Cluster { fleet.nodes[0] }

    init() throws { fleet = try Fleet.here() }

    private func expectHolder(_ holder: Cluster, at controller: Cluster) async throws {
        let view = try #require(try await fleet.view(of: node, at: controller))
        #expect(holder.listenAddress.hasPrefix("\(view.peerAddress):"))
    }

    @Test func `are told apart by who came first, and the other one is refused until it has gone`()
        async throws
    {
        let twin = try fleet.add(.init("twin", id: node.name))
        try await twin.driver.start()
        try await twin.waitForLog("cannot register with the controller", after: 0)
        let refusals = try twin.driver.log().filter {
            $0["error"]?.contains("node id 'n1' is taken by a node that answers at") ?? false
        }
        #expect(Set(refusals.map { $0["controller"] }).count == fleet.controllers.count)
        for controller in fleet.controllers {
            try await expectHolder(node, at: controller)
            let name = controller.unique("first")
            let volume = try await controller.create(Fleet.request(name, preferred: node.topology))
            #expect(fleet.holders(of: name) == [node.name])
            #expect(twin.pools.flatMap(Files.objects(in:)).isEmpty)
            try await controller.delete(volume.volumeID)
        }
        // An orderly stop says that the id is free.
        try await node.driver.stop()
        for controller in fleet.controllers {
            try await wait(for: "the twin at \(controller.name)") {
                let view = try #require(try await fleet.view(of: node, at: controller))
                return view.state == .ready && twin.listenAddress.hasPrefix("\(view.peerAddress):")
            }
        }
        try await twin.driver.stop()
        try await node.driver.start()
        for controller in fleet.controllers { try await fleet.waitUntilComplete(controller) }
    }

    /// n1 cannot reach the second controller at first, so each controller takes one of the two.
    @Test func `serve no calls while each is the one of a controller, and make no volume twice`()
        async throws
    {
        let (first, second) = (fleet.controllers[0], fleet.controllers[1])
        let twin = try fleet.add(.init("other-twin", id: node.name))
        let name = first.unique("split")
        let request = Fleet.request(name, preferred: node.topology)
        try await node.driver.stop()
        try route(from: node, to: second, "add")
        try await node.driver.start()
        try await fleet.waitUntil(first, sees: node, as: .ready)
        try await twin.driver.start()
        try await fleet.waitUntil(second, sees: node, as: .ready)
        try await expectHolder(node, at: first)
        try await expectHolder(twin, at: second)
        try await twin.waitForLog("cannot register with the controller", after: 0)
        await expectFailure(.unavailable, "is taken by") { try await second.create(request) }
        try route(from: node, to: second, "delete")
        for controller in fleet.controllers {
            try await wait(for: "a problem of n1 at \(controller.name)") {
                let view = try await fleet.view(of: node, at: controller)
                return view?.registration?.problems.contains { $0.kind == "duplicate_id" } ?? false
            }
            await expectFailure(.unavailable, "is taken by") {
                try await controller.create(request)
            }
        }
        #expect((node.pools + twin.pools).flatMap(Files.objects(in:)).isEmpty)
        try await twin.driver.stop()
        let volume = try #require(try await fleet.insisting(on: request).volume)
        #expect(fleet.holders(of: name) == [node.name])
        for controller in fleet.controllers { try await fleet.waitUntilComplete(controller) }
        _ = try await fleet.insisting(on: DeleteVolumeRequest(volumeID: volume.volumeID))
    }

    private func route(from node: Cluster, to controller: Cluster, _ verb: String) throws {
        let host = try #require(controller.listenAddress.split(separator: ":").first)
        let words = ["/usr/sbin/ip", "route", verb, "blackhole", "\(host)/32"]
        _ = try fleet.network.run(in: node, words)
    }
}
