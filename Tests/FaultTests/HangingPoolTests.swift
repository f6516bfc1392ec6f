import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// A pool on a FUSE file system whose daemon stands still, so that every access to it hangs.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A pool that hangs` {
    let cluster: Cluster
    let pool: Pool

    init() throws {
        cluster = try Cluster.here()
        pool = try cluster.pool(.xfsThin)
    }

    /// Runs the body with a driver whose second pool, with a volume in it, is shown by a daemon
    /// that can be stopped.
    ///
    /// The daemon knows no renaming that refuses to replace, so nothing is made or deleted there.
    private func behindDaemon(_ body: (_ id: String, ChildProgram) async throws -> Void)
        async throws
    {
        let id = try await create(cluster.unique("far"))
        try await cluster.driver.stop()
        let directory = pool.directory
        let daemon = try ChildProgram(
            "/usr/bin/bindfs",
            ["-f", directory, directory],
            standardError: "\(cluster.folder)/bindfs.log"
        )
        try await wait(for: "bindfs") { try cluster.filesystems(at: directory).contains("fuse") }
        let outcome: Result<Void, any Error>
        do {
            try await cluster.driver.start()
            outcome = .success(try await body(id, daemon))
        } catch {
            outcome = .failure(error)
        }
        daemon.signal(SIGCONT)
        try await cluster.driver.stop()
        try Tool.run("/usr/bin/umount", directory)
        _ = try await daemon.waitForEnd()
        try await cluster.driver.start()
        try outcome.get()
        try await cluster.delete(id)
    }

    private func create(_ name: String) async throws -> String {
        let tier = pool.kind.tier
        return try await cluster.create(name, mebibytes: 300, tier: tier).volumeID
    }

    /// What needs the tier, or its word that it does not have something.
    private func expectUnavailable(_ id: String, _ words: String) async throws {
        let unknown = "v1-\(id.split(separator: "-")[1])-\(String(repeating: "0", count: 32))"
        for call: () async throws -> Void in [
            { _ = try await cluster.get(id) },
            { try await cluster.delete(id) },
            { _ = try await create(cluster.unique("new")) },
            { _ = try await cluster.get(unknown) },
            { try await cluster.delete(unknown) },
            { _ = try await cluster.volumes() },
        ] {
            await expectFailure(.unavailable, "'\(pool.kind.tier)'", words, "kernel log") {
                try await call()
            }
        }
        #expect(try await cluster.capacity(of: pool.kind.tier).availableCapacity == 0)
    }

    private func stats(_ id: String, _ timeout: Duration) async throws {
        _ = try await cluster.call(ControllerGetVolumeRequest(volumeID: id), timeout: timeout)
    }

    @Test func `fails its own calls only, and is served again when it answers`() async throws {
        try await behindDaemon { id, daemon in
            let other = try await Bystander(on: .ext4Thin, of: cluster)
            daemon.signal(SIGSTOP)
            // Who asks for what lies there waits for it as long as it likes; more than there are
            // threads for reading do.
            for _ in 0..<40 {
                do {
                    try await stats(id, .milliseconds(10))
                    Issue.record("a pool that hangs has answered")
                } catch let failure as RPCFailure {
                    // On a slow machine it counts as hanging before all have asked.
                    #expect([.deadlineExceeded, .unavailable].contains(failure.code))
                }
            }
            try await other.expectUnharmed()
            #expect(try await cluster.call(ProbeRequest()).ready == true)
            try await wait(for: "refusal") { try await isRefused(id) }
            try await expectUnavailable(id, "has not answered")
            try await other.expectUnharmed()
            daemon.signal(SIGCONT)
            try await retryingWhileUnavailable { _ = try await cluster.get(id) }
            #expect(try await cluster.volumes().sorted() == [id, other.id].sorted())
            try await other.end()
        }
    }

    @Test func `at start leaves the driver ready with what answers`() async throws {
        try await behindDaemon { id, daemon in
            let other = try await Bystander(on: .ext4Thin, of: cluster)
            daemon.signal(SIGSTOP)
            try await cluster.driver.restart(SIGKILL)
            try await expectUnavailable(id, "has been starting")
            try await other.expectUnharmed()
            // A thread that hangs does not hold up the end either.
            #expect(try await cluster.driver.stop() == .exited(0))
            try await cluster.driver.start()
            daemon.signal(SIGCONT)
            try await retryingWhileUnavailable { _ = try await cluster.get(id) }
            try await other.end()
        }
    }

    private func isRefused(_ id: String) async throws -> Bool {
        do {
            try await stats(id, .milliseconds(200))
            return false
        } catch let failure as RPCFailure {
            return failure.code == .unavailable
        }
    }

    private func retryingWhileUnavailable(_ call: () async throws -> Void) async throws {
        let end = ContinuousClock.now + longestWait
        while true {
            do {
                return try await call()
            } catch let failure as RPCFailure
                where [.unavailable, .aborted].contains(failure.code) && .now < end
            {
                await Task.yield()
            }
        }
    }
}
