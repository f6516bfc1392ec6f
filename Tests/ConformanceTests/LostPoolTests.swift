import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// A pool whose disk goes away under the driver: its tier cannot answer, the others go on.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `A pool that is unmounted under the driver` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// Runs the body while the pool of `xfs-thin` is away.
    private func losing(_ body: (Pool) async throws -> Void) async throws {
        let pool = try cluster.pool(.xfsThin)
        try pool.unmount()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        // Nothing was made where the disk is not.
        #expect(Paths.names(in: pool.directory).isEmpty)
        try pool.mount()
        try outcome.get()
    }

    @Test(arguments: [false, true])
    func `is UNAVAILABLE for its volumes, and works again when it is back`(_ restarts: Bool)
        async throws
    {
        let id = try await cluster.create(cluster.unique("lost"), tier: "xfs-thin").volumeID
        try await cluster.using(id) { try write("lost", in: $0) }
        let snapshot = try await cluster.snapshot(id, named: cluster.unique("snap")).snapshotID
        try await losing { pool in
            if restarts { try await cluster.driver.restart() }
            let words = [pool.directory, "mount"]
            for call: () async throws -> Void in [
                { _ = try await cluster.get(id) },
                { try await cluster.delete(id) },
                { try await cluster.stage(id) },
                { _ = try await cluster.expand(id, to: .mebibytes(64)) },
                { try await cluster.deleteSnapshot(snapshot) },
                { _ = try await cluster.snapshot(id, named: cluster.unique("snap")) },
                { _ = try await cluster.create(cluster.unique("new"), tier: "xfs-thin") },
                { _ = try await cluster.volumes() },
                { _ = try await cluster.snapshots() },
                { _ = try await cluster.snapshots(.init(snapshotID: snapshot)) },
            ] {
                await expectFailure(.unavailable, words[0], words[1]) { try await call() }
            }
            #expect(try await cluster.capacity(of: "xfs-thin").availableCapacity == 0)
        }
        #expect(try await cluster.get(id).volumeID == id)
        #expect(try await cluster.snapshots(.init(snapshotID: snapshot)) == [snapshot])
        #expect(try await cluster.volumes().contains(id))
        #expect(try await cluster.capacity(of: "xfs-thin").availableCapacity > 0)
        try await cluster.using(id) { try expectContents("lost", in: $0) }
    }

    @Test func `leaves the other tiers at work`() async throws {
        let id = try await cluster.create(cluster.unique("healthy")).volumeID
        try await losing { _ in
            #expect(try await cluster.call(ProbeRequest()).ready == true)
            #expect(try await cluster.get(id).volumeID == id)
            try await cluster.using(id) { target in
                try write("healthy", in: target)
                #expect(try await cluster.stats(id, at: target).count == 2)
            }
            let snapshot = try await cluster.snapshot(id, named: cluster.unique("snap"))
            let copy = try await cluster.create(
                cluster.unique("copy"),
                from: .snapshot(snapshot.snapshotID)
            ).volumeID
            try await cluster.using(copy) { try expectContents("healthy", in: $0) }
            try await cluster.deleteSnapshot(snapshot.snapshotID)
            for volume in [id, copy] { try await cluster.delete(volume) }
            #expect(try await cluster.capacity().availableCapacity > 0)
        }
    }

    @Test func `makes no one believe that a volume does not exist`() async throws {
        let gone = try await cluster.create(cluster.unique("gone")).volumeID
        try await cluster.delete(gone)
        try await losing { _ in
            // It might lie in the tier that cannot answer.
            await expectFailure(.unavailable, gone) { try await cluster.delete(gone) }
            await expectFailure(.unavailable, gone) { try await cluster.get(gone) }
        }
        try await cluster.delete(gone)
    }
}
