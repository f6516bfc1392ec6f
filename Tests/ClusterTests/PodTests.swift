import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// The sidecars at the controllers, and kubelet at a node, as they work on one pod.
@Suite(.serialized, .fleet(), .timeLimit(.minutes(5)))
struct `A pod's volume` {
    let fleet: Fleet
    private var controllers: [Cluster] { fleet.controllers }

    init() throws { fleet = try Fleet.here() }

    /// Grows while it is mounted with fewer rights than ext4.
    private let xfs = VolumeCapability.mount("xfs")

    /// A volume for a pod that the scheduler has put on the node.
    private func provision(_ name: String, for node: Cluster) async throws -> String {
        var request = Fleet.request(
            name,
            mebibytes: 320,
            preferred: node.topology,
            requisite: fleet.nodes.map(\.topology)
        )
        request.volumeCapabilities = [xfs]
        let volume = try #require(try await fleet.insisting(on: request).volume)
        #expect(fleet.node(of: volume.volumeID) === node)
        return volume.volumeID
    }

    @Test(arguments: 0..<3)
    func `is made, used, grown, cut, restored and deleted`(_ index: Int) async throws {
        let node = fleet.nodes[index]
        let name = node.unique("pod")
        let volume = try await provision(name, for: node)
        let target = node.target()
        try await node.stage(volume, as: xfs)
        try await node.publish(volume, at: target, as: xfs)
        try write("pod", in: target)
        let range = CapacityRange.mebibytes(400)
        let grown = try await controllers[1].expand(volume, to: range, as: xfs)
        #expect(grown.nodeExpansionRequired)
        #expect(try await node.nodeExpand(volume, at: target, to: range) >= 400 << 20)
        let snapshot = try await controllers[0].snapshot(volume, named: "\(name)-cut").snapshotID
        try write("later", in: target)
        #expect(try await controllers[1].snapshots() == [snapshot])
        var restore = Fleet.request("\(name)-copy", mebibytes: 400, from: .snapshot(snapshot))
        restore.volumeCapabilities = [xfs]
        let restored = try await controllers[1].create(restore).volumeID
        try await node.using(restored, as: xfs) { try expectContents("pod", in: $0) }
        try expectContents("later", in: target)
        try await node.unpublish(volume, from: target)
        try await node.unstage(volume)
        try await controllers[0].deleteSnapshot(snapshot)
        for id in [volume, restored] {
            try await controllers[1].delete(id)
            try await controllers[0].delete(id)
        }
        #expect(try await controllers[0].volumes().isEmpty)
        #expect(node.pools.flatMap(Files.objects(in:)).isEmpty)
    }

    @Test func `serves its pod while no controller answers, also after a restart of the node`()
        async throws
    {
        let node = fleet.nodes[0]
        let volume = try await provision(node.unique("alone"), for: node)
        let range = CapacityRange.mebibytes(400)
        let target = node.target()
        try await node.stage(volume, as: xfs)
        try await node.publish(volume, at: target, as: xfs)
        _ = try await controllers[0].expand(volume, to: range, as: xfs)
        for controller in controllers { try await controller.driver.stop(SIGKILL) }
        try write("alone", in: target)
        try await node.driver.restart()
        #expect(try await node.nodeExpand(volume, at: target, to: range) >= 400 << 20)
        #expect(try await !node.stats(volume, at: target).isEmpty)
        try await node.unpublish(volume, from: target)
        try await node.unstage(volume)
        try await node.using(volume, as: xfs) { try expectContents("alone", in: $0) }
        for controller in controllers { try await controller.driver.start() }
        for controller in controllers { try await fleet.waitUntilComplete(controller) }
        try await controllers[0].delete(volume)
    }

    @Test func `is no business of another node's kubelet`() async throws {
        let volume = try await provision(fleet.nodes[0].unique("foreign"), for: fleet.nodes[0])
        await expectFailure(.unavailable, "belongs to another node than 'n2'") {
            try await fleet.nodes[1].stage(volume)
        }
        try await controllers[0].delete(volume)
    }
}
