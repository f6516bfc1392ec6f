import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// A mounted file system that has given up after an error: every call says so, and how to repair it.
@Suite(.serialized, .cluster(.xfsThin), .timeLimit(.minutes(10)))
struct `A file system that has given up` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    enum Death: String, Sendable, CaseIterable {
        case ext4Error, ext4Shutdown, xfsShutdown

        var type: FilesystemType { self == .xfsShutdown ? .xfs : .ext4 }

        /// Statistics ask each minute, so they see what costs no look at the mount table.
        var isSeenByStats: Bool { self != .ext4Shutdown }

        func come(over path: String, on device: String) throws {
            guard self != .ext4Error else {
                let name = String(device.dropFirst("/dev/".count))
                // The file of /sys is there, and cannot be made.
                let script =
                    "open(F, '>', \"/sys/fs/ext4/$ARGV[0]/trigger_fs_error\") or die $!; "
                    + "syswrite(F, '1') or die $!"
                try Tool.run("/usr/bin/perl", "-e", script, name)
                return
            }
            // FS_IOC_SHUTDOWN, without a flush of the log.
            let script =
                "use Fcntl; sysopen(D, $ARGV[0], O_RDONLY) or die $!; "
                + "my $v = pack('I', 2); ioctl(D, 0x8004587d, $v) or die $!"
            try Tool.run("/usr/bin/perl", "-e", script, path)
        }
    }

    private func doctor() throws -> String {
        let command = HostCommand(
            program: try Driver.binary(),
            arguments: [
                "doctor", "--without-driver", "--config", cluster.driver.places.tiersFile,
                "--output", "json",
            ]
        )
        return try command.run(deadline: .seconds(60)).standardOutput
    }

    @Test(arguments: Death.allCases)
    func `is named at each call, and repaired by the next stage`(_ death: Death) async throws {
        let capability: VolumeCapability = .mount(death.type.rawValue)
        let id = try await cluster.create(
            cluster.unique("dead"),
            mebibytes: Filesystems.minimumSize(of: death.type).bytes >> 20,
            as: capability
        ).volumeID
        let (first, second) = (cluster.target(), cluster.target())
        try await cluster.stage(id, as: capability)
        try await cluster.publish(id, at: first, as: capability)
        try write("kept", in: first)
        try Tool.run("/usr/bin/sync", "-f", first)
        #expect(try !doctor().contains("given up"))
        try death.come(over: cluster.staging(id), on: try #require(cluster.devices(of: id).first))

        await expectNamedAtEachCall(id, death, at: first, second)
        #expect(!second.isThere)
        #expect(try doctor().contains("volume \(id)"))
        #expect(try countsDeadFilesystems())

        try await cluster.unpublish(id, from: first)
        try await cluster.unstage(id)
        try await cluster.using(id, as: capability) { target in
            try expectContents("kept", in: target)
            #expect(try await cluster.stats(id, at: target).count == 2)
        }
        #expect(try !countsDeadFilesystems())
        try await cluster.delete(id)
    }

    /// The volume is staged, and published at the first target.
    private func expectNamedAtEachCall(
        _ id: String,
        _ death: Death,
        at first: String,
        _ second: String
    ) async {
        let capability: VolumeCapability = .mount(death.type.rawValue)
        let word = "after an error"
        await expectFailure(.aborted, id, word, "unstaged") {
            try await cluster.stage(id, as: capability)
        }
        for target in [first, second] {
            await expectFailure(.internalError, id, word, "unstaged") {
                try await cluster.publish(id, at: target, as: capability)
            }
        }
        await expectFailure(.internalError, id, word, "unstaged") {
            _ = try await cluster.snapshot(id, named: cluster.unique("snapshot"))
        }
        if death.isSeenByStats {
            await expectFailure(.internalError, id, word) {
                _ = try await cluster.stats(id, at: first)
            }
        }
    }

    private func countsDeadFilesystems() throws -> Bool {
        try cluster.driver.metrics().text.split(separator: "\n").contains { line in
            line.contains("kind=\"dead_filesystem\"") && !line.hasSuffix(" 0")
        }
    }
}
