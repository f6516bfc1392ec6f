import CSIMessages
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// A tier that is taken out of the tiers file while it has volumes: nothing of it is said to be
/// absent.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `A tier that is taken out of the tiers file` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private var state: String { "\(cluster.driver.places.stateFolder)/pool-xfs-thin.json" }

    /// Runs the body with a driver whose tiers file names `ext4-thin` alone.
    private func withoutTier(_ body: (Pool) async throws -> Void) async throws {
        let pool = try cluster.pool(.xfsThin)
        let file = cluster.tiersFile
        let end = try #require(file.firstRange(of: "  - name: xfs-thin")).lowerBound
        try await restart(with: String(file[..<end]))
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        try await restart(with: file)
        try outcome.get()
    }

    private func restart(with tiers: String) async throws {
        try await cluster.driver.stop()
        try Bytes.write(tiers, to: cluster.driver.places.tiersFile)
        try await cluster.driver.start()
    }

    /// Makes a volume and removes it: its id is one that no tier has.
    private func deletedVolume() async throws -> String {
        let id = try await cluster.create(cluster.unique("deleted")).volumeID
        try await cluster.delete(id)
        return id
    }

    @Test func `its volumes and snapshots are UNAVAILABLE, and there when it is back`()
        async throws
    {
        let name = cluster.unique("left")
        let id = try await cluster.create(name, tier: "xfs-thin").volumeID
        try await cluster.using(id) { try write("left", in: $0) }
        let snapshot = try await cluster.snapshot(id, named: cluster.unique("snap")).snapshotID
        try await withoutTier { pool in
            let words = ["tier 'xfs-thin'", pool.directory]
            for call: () async throws -> Void in [
                { _ = try await cluster.get(id) },
                { try await cluster.delete(id) },
                { try await cluster.stage(id) },
                { _ = try await cluster.expand(id, to: .mebibytes(64)) },
                { _ = try await cluster.stats(id, at: cluster.target()) },
                { try await cluster.deleteSnapshot(snapshot) },
                { _ = try await cluster.snapshots(.init(snapshotID: snapshot)) },
                { _ = try await cluster.snapshots() },
                { _ = try await cluster.volumes() },
                { _ = try await cluster.create(name) },
                { _ = try await cluster.create(name, tier: "xfs-thin") },
            ] {
                await expectFailure(.unavailable, words[0], words[1]) { try await call() }
            }
            // All else goes on.
            let gone = try await deletedVolume()
            try await cluster.delete(gone)
            await expectFailure(.notFound) { _ = try await cluster.get(gone) }
            #expect(try cluster.driver.logText().contains("is no longer in the tiers file"))
        }
        #expect(try await cluster.snapshots(.init(snapshotID: snapshot)) == [snapshot])
        try await cluster.using(id) { try expectContents("left", in: $0) }
        try await cluster.deleteSnapshot(snapshot)
        try await cluster.delete(id)
    }

    @Test func `a volume that is still in use can be unpublished and unstaged`() async throws {
        let id = try await cluster.create(cluster.unique("used"), tier: "xfs-thin").volumeID
        let target = cluster.target()
        try await cluster.stage(id)
        try await cluster.publish(id, at: target)
        try await withoutTier { _ in
            try await cluster.unpublish(id, from: target)
            try await cluster.unstage(id)
            #expect(cluster.devices(of: id).isEmpty)
            await expectFailure(.unavailable) { try await cluster.delete(id) }
        }
        try await cluster.delete(id)
    }

    @Test func `while its disk is away too, only a person says that its volumes are gone`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("away"), tier: "xfs-thin").volumeID
        try await withoutTier { pool in
            try pool.unmount()
            try await cluster.driver.restart()
            // It is found and removed, and then nothing tells that a repeated call has done its work.
            let gone = try await deletedVolume()
            await expectFailure(.unavailable, state) { try await cluster.delete(gone) }
            await expectFailure(.unavailable, state) { try await cluster.delete(id) }
            let kept = try Bytes.read(state)
            try Paths.remove(state)
            try await cluster.delete(id)
            try await cluster.delete(gone)
            try Bytes.write(kept, to: state)
            try pool.mount()
        }
        try await cluster.delete(id)
    }

    @Test func `one without volumes is forgotten, and its disk may go`() async throws {
        #expect(Paths.exists(state))
        try await withoutTier { pool in
            #expect(!Paths.exists(state))
            try pool.unmount()
            let gone = try await deletedVolume()
            try await cluster.delete(gone)
            try pool.mount()
        }
        #expect(Paths.exists(state))
    }
}
