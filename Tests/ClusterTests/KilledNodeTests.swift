import BackendLoop
import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// A node's driver that dies at a step of its work.
///
/// n1 copies by reflink on one tier, and by hand on the other.
@Suite(
    .serialized,
    .fleet(
        FleetPlan(nodes: [.init("n1", pools: .xfsThin, .ext4Thin), .init("n2"), .init("n3")])
    ),
    .timeLimit(.minutes(5))
)
struct `A node that is killed` {
    let fleet: Fleet
    private var controller: Cluster { fleet.controllers[0] }
    private var node: Cluster { fleet.nodes[0] }

    init() throws { fleet = try Fleet.here() }

    /// The call dies with the node; until the node is back no other node does its work.
    private func killed(at point: Failpoint, passing: Int = 1, _ request: CreateVolumeRequest)
        async throws -> Volume
    {
        try node.arm("\(point.name):kill:\(passing)")
        await expectRetried { try await controller.create(request) }
        #expect(try await node.driver.stop(SIGTERM) == .signalled(SIGKILL), "it was not reached")
        for controller in fleet.controllers {
            await expectRetried { try await controller.call(request, timeout: .seconds(8)) }
        }
        let holders = fleet.holders(of: request.name)
        #expect(holders.allSatisfy { $0.hasPrefix(node.name) }, "\(holders)")
        try node.arm("")
        try await node.driver.start()
        let volume = try #require(try await fleet.insisting(on: request).volume)
        #expect(fleet.holders(of: request.name) == [node.name])
        for controller in fleet.controllers {
            try await fleet.waitUntilComplete(controller)
            let again = try await fleet.insisting(on: request, through: controller)
            #expect(again.volume == volume)
        }
        return volume
    }

    @Test(arguments: [
        Failpoint.createFolderMade, .createRecordWritten, .createRenamed, .createPublished,
    ])
    func `in the middle of a create makes its volume when it is back`(_ point: Failpoint)
        async throws
    {
        let request = Fleet.request(
            controller.unique("killed"),
            preferred: node.topology,
            requisite: fleet.nodes.map(\.topology)
        )
        let volume = try await killed(at: point, request).volumeID
        try await node.using(volume) { try write("whole", in: $0) }
        try await controller.delete(volume)
    }

    @Test(arguments: [
        (PoolKind.xfsThin, Failpoint.copyShared, 1), (.xfsThin, .createRenamed, 1),
        (.ext4Thin, .copyPart, 2), (.ext4Thin, .copyWhole, 1),
    ])
    func `in the middle of a copy makes a whole copy when it is back`(
        _ kind: PoolKind,
        _ point: Failpoint,
        _ passing: Int
    ) async throws {
        let name = controller.unique("source")
        let source = try await controller.create(
            Fleet.request(name, mebibytes: 64, tier: kind.tier, preferred: node.topology)
        ).volumeID
        try await node.using(source) { folder in
            try write("copied", in: folder)
            try Bytes.write(Bytes.noise(count: 10 << 20), to: "\(folder)/large")
        }
        let request = Fleet.request(
            "\(name)-copy",
            mebibytes: 64,
            tier: kind.tier,
            from: .volume(source)
        )
        let copy = try await killed(at: point, passing: passing, request).volumeID
        try await node.using(copy) { folder in
            try expectContents("copied", in: folder)
            let large = try Bytes.read("\(folder)/large", count: 11 << 20)
            #expect(large == Bytes.noise(count: 10 << 20))
        }
        for volume in [copy, source] { try await controller.delete(volume) }
    }
}
