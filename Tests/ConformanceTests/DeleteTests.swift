import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// CSI 1.2/6.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `DeleteVolume` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test(arguments: [VolumeCapability.mount(), .block()])
    func `a volume in use is FAILED_PRECONDITION, and nothing of it is touched`(
        _ capability: VolumeCapability
    ) async throws {
        let id = try await cluster.create(cluster.unique("used"), as: capability).volumeID
        let target = cluster.target()
        let isBlock = capability == .block()
        let data = try cluster.pool(.ext4Thin).data(of: id)
        try await cluster.stage(id, as: capability)
        await expectFailure(.failedPrecondition, id, cluster.staging(id), "unstage") {
            try await cluster.delete(id)
        }
        try await cluster.publish(id, at: target, as: capability)
        if !isBlock {
            try write("used", in: target)
        } else {
            try Bytes.write(noise("used"), to: target)
        }
        await expectFailure(.failedPrecondition, id, target) { try await cluster.delete(id) }
        #expect(Paths.exists(data))
        if !isBlock {
            try expectContents("used", in: target)
        } else {
            #expect(try Bytes.read(target, count: 200_000) == noise("used"))
        }
        try await cluster.unpublish(id, from: target)
        await expectFailure(.failedPrecondition, id) { try await cluster.delete(id) }
        try await cluster.unstage(id)
        try await cluster.delete(id)
        #expect(!Paths.exists(data))
        await expectFailure(.notFound, id) { try await cluster.get(id) }
    }

    @Test func `a volume in use is kept by a driver that has lost its notes`() async throws {
        let id = try await cluster.create(cluster.unique("noted")).volumeID
        try await cluster.stage(id)
        // As a reboot of the container with its tmpfs would.
        try Tool.run("/usr/bin/find", "\(cluster.folder)/usage", "-name", "\(id)*", "-delete")
        try await cluster.driver.restart()
        await expectFailure(.failedPrecondition, id) { try await cluster.delete(id) }
        try await cluster.stage(id)
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test(arguments: [
        "no-such-volume", "v1-", "v1-zz", "../../etc", "/", "V1-6C1D6CEDF276EA3F", " ", "s1-a-b",
    ])
    func `an id that this driver never gave is OK`(_ id: String) async throws {
        try await cluster.delete(id)
    }

    @Test func `deleting twice is OK`() async throws {
        let id = try await cluster.create(cluster.unique("twice")).volumeID
        for _ in 1...3 { try await cluster.delete(id) }
        #expect(try await !cluster.volumes().contains(id))
    }

    @Test func `another node's volume is never said to be gone`() async {
        let id = "v1-00000000000000ab-4e2bae73948b201d12ff2fe3ff836e42"
        await expectFailure(.unavailable, id, "another node") { try await cluster.delete(id) }
        await expectFailure(.unavailable, "another node") { try await cluster.get(id) }
    }

    @Test func `a volume with snapshots can go, and they stay`() async throws {
        let id = try await cluster.create(cluster.unique("parent"), tier: "xfs-thin").volumeID
        let snapshot = try await cluster.snapshot(id, named: cluster.unique("snap")).snapshotID
        try await cluster.delete(id)
        #expect(try await cluster.snapshots(.init(snapshotID: snapshot)) == [snapshot])
    }
}
