import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// The driver is restarted between any two calls of a volume's whole life.
@Suite(.serialized, .cluster(.xfsThin, .ext4Thin), .timeLimit(.minutes(5)))
struct `A restart between any two calls` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test(arguments: [SIGTERM, SIGKILL], PoolKind.restarted)
    func `of a mounted volume changes nothing`(_ signal: CInt, _ kind: PoolKind) async throws {
        let life = MountedLife(cluster: cluster, signal: signal, kind: kind)
        let id = try await life.begin()
        try await life.use(id)
        try await life.grow(id)
        let (snapshot, copy) = try await life.copy(id)
        try await life.end(id)
        try await life.outlive(by: copy, of: snapshot)
        #expect(Files.objects(in: try cluster.pool(kind)).isEmpty)
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `of a block volume changes nothing`(_ signal: CInt) async throws {
        let restart = { try await cluster.driver.restart(signal) }
        let id = try await cluster.create(cluster.unique("block"), as: .block()).volumeID
        let target = cluster.target()
        try await restart()
        try await cluster.stage(id, as: .block())
        try await restart()
        try await cluster.publish(id, at: target, as: .block())
        try Bytes.write(noise("block"), to: target)
        try await restart()
        try await cluster.publish(id, at: target, as: .block())
        #expect(try cluster.mounts(at: target).count == 1)
        try await restart()
        #expect(try await cluster.stats(id, at: target).first?.total == 32 << 20)
        try await restart()
        _ = try await cluster.expand(id, to: .mebibytes(64), as: .block())
        #expect(try BlockDevice.size(of: target).bytes == 64 << 20)
        try await restart()
        await expectFailure(.failedPrecondition) { try await cluster.unstage(id) }
        await expectFailure(.failedPrecondition) { try await cluster.delete(id) }
        #expect(try Bytes.read(target, count: 200_000) == noise("block"))
        try await restart()
        try await cluster.unpublish(id, from: target)
        try await restart()
        await expectFailure(.failedPrecondition) { try await cluster.delete(id) }
        try await restart()
        try await cluster.unstage(id)
        #expect(cluster.devices(of: id).isEmpty)
        try await restart()
        try await cluster.delete(id)
    }

    @Test func `calls in flight when the driver is killed can be repeated`() async throws {
        for round in 0..<6 {
            let name = cluster.unique("killed")
            let create = Task { try? await cluster.create(name, tier: "ext4-thin") }
            if round > 2 { _ = await create.value }
            try await cluster.driver.stop(SIGKILL)
            _ = await create.value
            try await cluster.driver.start()
            let id = try await cluster.create(name, tier: "ext4-thin").volumeID
            let stage = Task { try? await cluster.stage(id) }
            try await cluster.driver.stop(SIGKILL)
            await stage.value
            try await cluster.driver.start()
            try await cluster.using(id) { try write("killed", in: $0) }
            try await cluster.delete(id)
        }
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
    }
}

/// The steps of a mounted volume's life, with a restart between any two of their calls.
private struct MountedLife {
    let cluster: Cluster
    let signal: CInt
    let kind: PoolKind
    let name: String
    let target: String
    let xfs: VolumeCapability = .mount("xfs")

    init(cluster: Cluster, signal: CInt, kind: PoolKind) {
        self.cluster = cluster
        self.signal = signal
        self.kind = kind
        name = cluster.unique("life")
        target = cluster.target()
    }

    private func restart() async throws { try await cluster.driver.restart(signal) }

    func begin() async throws -> String {
        try await restart()
        let volume = try await cluster.create(name, mebibytes: 300, as: xfs, tier: kind.tier)
        try await restart()
        let replayed = try await cluster.create(name, mebibytes: 300, as: xfs, tier: kind.tier)
        #expect(replayed == volume)
        return volume.volumeID
    }

    func use(_ id: String) async throws {
        try await restart()
        try await cluster.stage(id, as: xfs)
        try await restart()
        try await cluster.stage(id, as: xfs)
        try await restart()
        try await cluster.publish(id, at: target, as: xfs)
        try write("life", in: target)
        try await restart()
        try await cluster.publish(id, at: target, as: xfs)
        #expect(try cluster.mounts(at: target).count == 1)
    }

    func grow(_ id: String) async throws {
        try await restart()
        #expect(try await cluster.stats(id, at: target).count == 2)
        try await restart()
        #expect(
            try await cluster.expand(id, to: .mebibytes(400), as: xfs).capacityBytes == 400 << 20
        )
        try await restart()
        #expect(try await cluster.nodeExpand(id, at: target) == 400 << 20)
    }

    func copy(_ id: String) async throws -> (snapshot: String, copy: String) {
        try await restart()
        let snapshot = try await cluster.snapshot(id, named: name).snapshotID
        try await restart()
        let copy = try await cluster.create(
            "\(name)-copy",
            mebibytes: 400,
            as: xfs,
            tier: kind.tier,
            from: .snapshot(snapshot)
        ).volumeID
        return (snapshot, copy)
    }

    func end(_ id: String) async throws {
        try await restart()
        await expectFailure(.failedPrecondition) { try await cluster.delete(id) }
        try expectContents("life", in: target)
        try await restart()
        try await cluster.unpublish(id, from: target)
        #expect(!Paths.exists(target))
        try await restart()
        try await cluster.unstage(id)
        #expect(cluster.devices(of: id).isEmpty)
        try await restart()
        try await cluster.delete(id)
    }

    func outlive(by copy: String, of snapshot: String) async throws {
        try await restart()
        try await cluster.using(copy, as: xfs) { try expectContents("life", in: $0) }
        try await restart()
        try await cluster.deleteSnapshot(snapshot)
        try await restart()
        try await cluster.delete(copy)
    }
}

extension PoolKind {
    /// One with reflink, one without.
    static let restarted: [PoolKind] = [.xfsThin, .ext4Thin]
}
