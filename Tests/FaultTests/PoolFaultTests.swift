import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// A pool that cannot be written, cannot be recognised or does not answer.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A pool that is broken` {
    let cluster: Cluster
    let pool: Pool

    init() throws {
        cluster = try Cluster.here()
        pool = try cluster.pool(.ext4Thin)
    }

    /// Runs the body between a damage to the pool and its repair, beside a volume of the other
    /// pool, and compares what lies in the pool.
    private func breaking(
        _ damage: () throws -> Void,
        repair: () throws -> Void,
        _ body: (_ id: String) async throws -> Void
    ) async throws {
        let other = try await Bystander(on: .xfsThin, of: cluster)
        let id = try await cluster.create(cluster.unique("broken")).volumeID
        try await cluster.using(id) { try write("broken", in: $0) }
        let before = try Listing.of(pool.directory)
        try damage()
        let outcome: Result<Void, any Error>
        do {
            try await body(id)
            #expect(try await cluster.call(ProbeRequest()).ready == true)
            outcome = .success(try await other.expectUnharmed())
        } catch {
            outcome = .failure(error)
        }
        try repair()
        try outcome.get()
        #expect(try Listing.of(pool.directory) == before)
        try await cluster.using(id) { try expectContents("broken", in: $0) }
        try await cluster.delete(id)
        try await other.end()
    }

    @Test func `with a directory that refuses changes is UNAVAILABLE, and says what to look at`()
        async throws
    {
        let volumes = "\(pool.directory)/volumes"
        try await breaking {
            try Tool.run("/usr/bin/chattr", "+i", volumes)
        } repair: {
            try Tool.run("/usr/bin/chattr", "-i", volumes)
        } _: { id in
            await expectFailure(.unavailable, volumes, "EPERM", "lsattr") {
                try await cluster.create(cluster.unique("new"))
            }
            await expectFailure(.unavailable, volumes, "EPERM", "lsattr") {
                try await cluster.delete(id)
            }
            let found = try await cluster.get(id)
            #expect(found.volumeID == id)
        }
    }

    @Test func `that is mounted read-only is UNAVAILABLE for changes, and can be read`()
        async throws
    {
        try await breaking {
            try Tool.run("/usr/bin/mount", "-o", "remount,bind,ro", pool.directory)
        } repair: {
            try Tool.run("/usr/bin/mount", "-o", "remount,bind,rw", pool.directory)
        } _: { id in
            for call: () async throws -> Void in [
                { _ = try await cluster.create(cluster.unique("new")) },
                { _ = try await cluster.snapshot(id, named: cluster.unique("snap")) },
                { _ = try await cluster.expand(id, to: .mebibytes(64)) },
                { try await cluster.stage(id) },
                { try await cluster.delete(id) },
            ] {
                await expectFailure(.unavailable, pool.directory, "EROFS", "read-write") {
                    try await call()
                }
            }
            let found = try await cluster.get(id)
            #expect(found.volumeID == id)
            #expect(cluster.devices(of: id).isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `without its marker is UNAVAILABLE until the marker is back`(_ restarts: Bool)
        async throws
    {
        let marker = "\(pool.directory)/cairn-pool.json"
        let away = "\(cluster.folder)/marker-away"
        try await breaking {
            try Tool.run("/usr/bin/mv", marker, away)
        } repair: {
            #expect(!marker.isThere)
            try Tool.run("/usr/bin/mv", away, marker)
        } _: { id in
            if restarts { try await cluster.driver.restart() }
            try await expectUnavailable(id, "cairn-pool.json", "mount")
        }
    }

    @Test(arguments: [false, true])
    func `with another pool's marker is UNAVAILABLE, and says which pool it is`(_ restarts: Bool)
        async throws
    {
        let marker = "\(pool.directory)/cairn-pool.json"
        let foreign = "\(try cluster.pool(.xfsThin).directory)/cairn-pool.json"
        let kept = "\(cluster.folder)/marker-kept"
        try Tool.run("/usr/bin/cp", "-a", marker, kept)
        try await breaking {
            try Tool.run("/usr/bin/cp", foreign, marker)
        } repair: {
            #expect(try Files.text(marker) == Files.text(foreign))
            try Tool.run("/usr/bin/cp", "-a", kept, marker)
        } _: { id in
            if restarts { try await cluster.driver.restart() }
            try await expectUnavailable(id, "pool", "mount the right disk")
        }
    }

    private func expectUnavailable(_ id: String, _ words: String...) async throws {
        for call: () async throws -> Void in [
            { _ = try await cluster.create(cluster.unique("new")) },
            { _ = try await cluster.get(id) },
            { try await cluster.stage(id) },
            { try await cluster.delete(id) },
            { _ = try await cluster.snapshot(id, named: cluster.unique("snap")) },
        ] {
            await expectFailure(.unavailable, pool.directory, words[0], words[1]) {
                try await call()
            }
        }
    }

    /// Creates a volume, and gives up early: whether an earlier such call still runs.
    ///
    /// The deadline of the first may pass before the driver has begun with it.
    private func isHanging(_ name: String) async throws -> Bool {
        do {
            _ = try await cluster.call(
                CreateVolumeRequest(
                    name: name,
                    capacityRange: .mebibytes(32),
                    volumeCapabilities: [.mount()]
                ),
                timeout: .milliseconds(300)
            )
            throw DriverError(.conflict, "a volume was made on a pool that is frozen")
        } catch let failure as RPCFailure {
            #expect([.deadlineExceeded, .aborted].contains(failure.code))
            return failure.code == .aborted
        }
    }

    @Test func `that is frozen holds up its own changes only, and goes on when it thaws`()
        async throws
    {
        let names = (0..<4).map { _ in cluster.unique("frozen") }
        try await breaking {
            try Freezer.freeze(mountedAt: pool.directory)
        } repair: {
            try Freezer.thaw(mountedAt: pool.directory)
        } _: { id in
            for name in names {
                try await wait(for: "create that hangs") { try await isHanging(name) }
                await expectFailure(.aborted, "still running") { try await cluster.create(name) }
            }
            #expect(try await cluster.call(GetPluginInfoRequest()).name == "csi.cairn.storage")
            #expect(try await cluster.get(id).volumeID == id)
            // The repair undoes these, as they must not count as changes.
            try Freezer.thaw(mountedAt: pool.directory)
            for name in names {
                let volume = try await retryingWhileAborted { try await cluster.create(name) }
                try await cluster.delete(volume.volumeID)
            }
        }
    }
}
