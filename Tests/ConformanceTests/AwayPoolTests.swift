import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// Unstage and unpublish need the mount, the device and the note, never the pool.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A pool that is away while pods end` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// Runs the body while the pool of `xfs-thin`, which volumes may use, cannot be reached.
    private func hiding(_ body: (Pool) async throws -> Void) async throws {
        let pool = try cluster.pool(.xfsThin)
        Paths.forceUnmount(pool.directory)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        try pool.mount()
        try outcome.get()
    }

    /// Runs the body while the file system of the pool has shut down, as XFS does at errors.
    private func killing(_ body: (Pool) async throws -> Void) async throws {
        let pool = try cluster.pool(.xfsThin)
        try Tool.run("/usr/sbin/xfs_io", "-x", "-c", "shutdown", pool.directory)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        try pool.unmount()
        try pool.mount()
        try outcome.get()
    }

    @Test(
        arguments: [VolumeCapability.mount(), .block()],
        [Memory.kept, .restarted, .notesLost]
    )
    func `unpublish and unstage of a volume end its use, device and all`(
        _ capability: VolumeCapability,
        _ memory: Memory
    ) async throws {
        let id = try await cluster.create(
            cluster.unique("away"),
            as: capability,
            tier: "xfs-thin"
        ).volumeID
        let target = cluster.target()
        try await cluster.stage(id, as: capability)
        try await cluster.publish(id, at: target, as: capability)
        try await hiding { pool in
            try await forget(memory)
            try await cluster.unpublish(id, from: target)
            #expect(!Paths.exists(target))
            try await cluster.unstage(id)
            try await cluster.unstage(id)
            #expect(try cluster.mounts(at: cluster.staging(id)).isEmpty)
            #expect(try shownDevices(of: id).isEmpty)
            await expectFailure(.unavailable, pool.directory) { try await cluster.delete(id) }
        }
        try await cluster.delete(id)
    }

    @Test(arguments: [VolumeCapability.mount(), .block()])
    func `a pool that has failed keeps no device either`(_ capability: VolumeCapability)
        async throws
    {
        let healthy = try await cluster.create(cluster.unique("healthy")).volumeID
        let id = try await cluster.create(
            cluster.unique("failed"),
            as: capability,
            tier: "xfs-thin"
        ).volumeID
        let target = cluster.target()
        try await cluster.stage(id, as: capability)
        try await cluster.publish(id, at: target, as: capability)
        try await killing { _ in
            // No device of the healthy tier is remembered now.
            try await cluster.driver.restart()
            try await cluster.using(healthy) { try write("healthy", in: $0) }
            try await cluster.unpublish(id, from: target)
            try await cluster.unstage(id)
            #expect(try shownDevices(of: id).isEmpty)
        }
        for id in [id, healthy] { try await cluster.delete(id) }
    }

    @Test func `an inline volume of a healthy tier ends, also at the second try`() async throws {
        let (handle, target) = ("csi-\(cluster.unique("away"))", cluster.target())
        try await publishInline(handle, at: target)
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).count == 1)
        try await hiding { _ in
            for _ in 1...2 { try await cluster.unpublish(handle, from: target) }
            #expect(!Paths.exists(target))
            #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
        }
        try await cluster.driver.restart()
        #expect(Paths.names(in: "\(cluster.folder)/usage").isEmpty)
    }

    @Test(arguments: [false, true])
    func `an inline volume ends with its pod, and is removed when its tier is back`(
        _ restarts: Bool
    ) async throws {
        let (handle, target) = ("csi-\(cluster.unique("away"))", cluster.target())
        try await publishInline(handle, at: target, tier: "xfs-thin")
        try await hiding { _ in
            try await cluster.unpublish(handle, from: target)
            #expect(!Paths.exists(target))
            if restarts { try await cluster.driver.restart() }
        }
        #expect(Files.objects(in: try cluster.pool(.xfsThin)).count == 1)
        let count = try cluster.driver.log().count
        cluster.driver.signal(SIGHUP)
        try await cluster.waitForLog("removed an inline volume", after: count)
        #expect(Files.objects(in: try cluster.pool(.xfsThin)).isEmpty)
    }

    enum Memory: CaseIterable { case kept, restarted, notesLost }

    private func forget(_ memory: Memory) async throws {
        guard memory != .kept else { return }
        try await cluster.driver.stop(SIGKILL)
        if memory == .notesLost {
            try cluster.loseNotes()
        }
        try await cluster.driver.start()
    }

    private func publishInline(_ handle: String, at target: String, tier: String? = nil)
        async throws
    {
        var context = ["csi.storage.k8s.io/ephemeral": "true", "size": "20Mi"]
        if let tier { context["tier"] = tier }
        if tier == "xfs-thin" { context["size"] = "300Mi" }
        _ = try await cluster.call(
            NodePublishVolumeRequest(
                volumeID: handle,
                targetPath: target,
                volumeCapability: .mount(),
                volumeContext: context
            )
        )
    }

    /// The loop devices whose file has the volume's name, wherever its pool is now.
    private func shownDevices(of id: String) throws -> [String] {
        try LoopDevices.files().filter { $0.path.contains(id) }.map(\.path)
    }
}
