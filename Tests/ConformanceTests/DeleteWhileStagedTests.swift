import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// Without attach nothing orders kubelet's unstage before the provisioner's delete.
@Suite(.serialized, .cluster(.ext4Thin), .timeLimit(.minutes(10)))
struct `A delete of a volume that is still staged` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// The last one counts.
    private func restart(waiting seconds: Int) async throws {
        cluster.driver.setArguments(["--unstage-wait", "\(seconds)"])
        try await cluster.driver.restart()
    }

    @Test(arguments: [VolumeCapability.mount(), .block()], [false, true])
    func `waits for the unstage and is OK at once after it`(
        _ capability: VolumeCapability,
        _ isNoteLost: Bool
    ) async throws {
        // What a raw volume is staged for stands in the note alone: without it, it is in no use.
        guard !isNoteLost || capability != .block() else { return }
        try await restart(waiting: 60)
        let id = try await cluster.create(cluster.unique("staged"), as: capability).volumeID
        try await cluster.stage(id, as: capability)
        if isNoteLost {
            try await cluster.driver.stop(SIGKILL)
            try cluster.loseNotes()
            try await cluster.driver.start()
        }
        let start = ContinuousClock.now
        let delete = Task { try await cluster.delete(id) }
        try await Task.sleep(for: .seconds(1))
        // Neither its key nor anything of others is held meanwhile.
        try await cluster.stage(id, as: capability)
        try await cluster.unstage(id)
        try await delete.value
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("delete of a staged volume, unstaged after 1 s: \(seconds) s")
        #expect(seconds < 30)
        #expect(cluster.devices(of: id).isEmpty)
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
    }

    @Test func `takes no thread of others, however many wait`() async throws {
        try await restart(waiting: 600)
        let id = try await cluster.create(cluster.unique("staged")).volumeID
        let other = try await cluster.create(cluster.unique("other")).volumeID
        try await cluster.stage(id)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // More than the driver has threads.
            for _ in 0..<100 { group.addTask { try await cluster.delete(id) } }
            try await cluster.using(other) { try write("other", in: $0) }
            try await cluster.unstage(id)
            try await group.waitForAll()
        }
        try await cluster.delete(other)
    }

    @Test func `is refused when the time is over, and at once while it is published`()
        async throws
    {
        try await restart(waiting: 1)
        let id = try await cluster.create(cluster.unique("staged")).volumeID
        let target = cluster.target()
        try await cluster.stage(id)
        await expectFailure(.failedPrecondition, id, cluster.staging(id)) {
            try await cluster.delete(id)
        }
        try await restart(waiting: 3600)
        try await cluster.publish(id, at: target)
        await expectFailure(.failedPrecondition, id, target) { try await cluster.delete(id) }
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test func `waits for an unstage that is running`() async throws {
        try await restart(waiting: 60)
        let id = try await cluster.create(cluster.unique("staged")).volumeID
        try await cluster.stage(id)
        try await cluster.driver.stop()
        cluster.driver.setVariables(["CAIRN_FAILPOINT": "unstage.unmounted:stop"])
        try await cluster.driver.start()
        let pid = try #require(cluster.driver.pid)
        let unstage = Task { try await cluster.unstage(id) }
        try await cluster.waitUntilStopped(pid)
        let delete = Task { try await cluster.delete(id) }
        kill(pid, SIGCONT)
        try await unstage.value
        try await delete.value
        cluster.driver.setVariables([:])
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
    }
}
