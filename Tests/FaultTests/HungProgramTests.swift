import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// A driver in a mount namespace of its own, where mkfs.ext4 hangs for as long as a file exists.
@Suite(
    .serialized,
    .cluster(.ext4Thin, .xfsThin, startedBy: HangingMkfs.command),
    .timeLimit(.minutes(10))
)
struct `A mkfs that hangs` {
    let cluster: Cluster
    private var hang: String { HangingMkfs.flag(in: cluster.folder) }

    init() throws { cluster = try Cluster.here() }

    /// The driver's mounts are in its namespace; this is how they are reached from here.
    private func inside(_ path: String) throws -> String {
        "/proc/\(try #require(cluster.driver.pid))/root\(path)"
    }

    /// Stages a volume with a deadline that passes while mkfs hangs; the pid of mkfs.
    ///
    /// A deadline that passes before the driver begins starts no mkfs, so the next call comes then.
    private func stageUntilDeadline(_ id: String) async throws -> pid_t {
        let mkfs = "\(cluster.folder)/hung.pid"
        let request = NodeStageVolumeRequest(
            volumeID: id,
            stagingTargetPath: cluster.staging(id),
            volumeCapability: .mount()
        )
        try await wait(for: "mkfs") {
            do {
                _ = try await cluster.call(request, timeout: .seconds(1))
                Issue.record("a stage has passed a mkfs that hangs")
            } catch let failure as RPCFailure {
                #expect([.deadlineExceeded, .aborted].contains(failure.code))
            }
            return try mkfs.isThere && Files.text(mkfs).hasSuffix("\n")
        }
        return try #require(pid_t(try Files.text(mkfs).split(separator: "\n")[0]))
    }

    @Test func `lets the deadline pass, retries are ABORTED, and other volumes go on`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("hung")).volumeID
        let data = try Files.checksum(cluster.pools[0].data(of: id))
        try Bytes.write("", to: hang)
        let mkfs = try await stageUntilDeadline(id)
        await expectFailure(.aborted, id, "NodeStageVolume is still running") {
            try await cluster.stage(id)
        }
        await expectFailure(.aborted, id) { try await cluster.delete(id) }
        #expect(try await cluster.call(ProbeRequest()).ready == true)
        let other = try await cluster.create(
            cluster.unique("other"),
            mebibytes: 300,
            as: .mount("xfs"),
            tier: "xfs-thin"
        ).volumeID
        try await cluster.stage(other, as: .mount("xfs"))
        try write("other", in: inside(cluster.staging(other)))
        #expect(try Files.checksum(cluster.pools[0].data(of: id)) == data)
        // Somebody kills it: the stage fails, and leaves neither a device nor half a file system.
        try Paths.remove(hang)
        kill(mkfs, SIGKILL)
        try await retryingWhileAborted { try await cluster.stage(id) }
        try write("formatted", in: inside(cluster.staging(id)))
        try await cluster.unstage(id)
        #expect(cluster.devices(of: id).isEmpty)
        try await cluster.stage(id)
        try expectContents("formatted", in: inside(cluster.staging(id)))
        try expectContents("other", in: inside(cluster.staging(other)))
        for volume in [id, other] {
            try await cluster.unstage(volume)
            try await cluster.delete(volume)
        }
    }

    @Test func `ends with a driver that is stopped, and the next formats the volume once`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("stopped")).volumeID
        try Bytes.write("", to: hang)
        let mkfs = try await stageUntilDeadline(id)
        try await cluster.driver.stop(SIGTERM)
        // Only a dead process, which its new parent has not collected yet, has no command line.
        let commandLine = (try? Bytes.read("/proc/\(mkfs)/cmdline")) ?? []
        #expect(commandLine.isEmpty)
        try Paths.remove(hang)
        try await cluster.driver.start()
        try await cluster.stage(id)
        try write("formatted", in: inside(cluster.staging(id)))
        try await cluster.unstage(id)
        try await cluster.delete(id)
        #expect(cluster.devices(of: id).isEmpty)
    }
}

/// A mkfs.ext4 in place of the real one.
private enum HangingMkfs {
    static func flag(in folder: String) -> String { "\(folder)/hang" }

    /// Starts a program where the false mkfs lies over the real one; the real one is kept aside.
    @Sendable static func command(in folder: String) throws -> [String] {
        let real = "\(folder)/mkfs.ext4"
        let script = "\(folder)/mkfs.sh"
        try Tool.run("/usr/bin/cp", "/usr/sbin/mkfs.ext4", real)
        try Bytes.write(
            """
            #!/bin/sh
            if [ -e \(flag(in: folder)) ]; then
                echo $$ >\(folder)/hung.pid
                exec sleep 1000
            fi
            exec \(real) "$@"

            """,
            to: script
        )
        try Tool.run("/usr/bin/chmod", "755", script)
        return [
            "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
            "mount --bind \(script) /usr/sbin/mkfs.ext4 && exec \"$@\"", "sh",
        ]
    }
}
