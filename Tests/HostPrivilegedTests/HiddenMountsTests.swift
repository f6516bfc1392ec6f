import DriverCore
import Glibc
import TestSupport
import Testing

@testable import Host

/// The programs of btrfs look at every mounted loop device; they run where they see none.
@Suite(.timeLimit(.minutes(5)))
struct HiddenMountsTests {
    private func losetup(_ arguments: String...) -> HostCommand {
        HostCommand(program: "/usr/sbin/losetup", arguments: arguments)
    }

    private func run(_ program: String, _ arguments: String...) throws -> CommandOutput {
        var command = HostCommand(program: program, arguments: arguments)
        command.known = .mkfsBtrfs
        return try command.run(deadline: .seconds(60))
    }

    @Test func `a failed pool with mounted volumes stops no btrfs of another`() throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.xfs, size: .mebibytes(300), named: "pool")
            let volume = "\(pool.path)/volume"
            try Bytes.makeFile(volume, size: .mebibytes(128))
            let device = try folder.attach(volume).device.path
            // The cleanup of the folder identifies the file, which it cannot on a failed file system.
            folder.onCleanup { _ = try? losetup("--detach", device).run(deadline: .seconds(60)) }
            try Filesystems.make(.btrfs, on: device, options: [], isThick: false)
            _ = try folder.mount(device, as: .btrfs, named: "volume")
            let shutdown = HostCommand(
                program: "/usr/sbin/xfs_io",
                arguments: ["-x", "-c", "shutdown", pool.path]
            )
            #expect(try shutdown.run(deadline: .seconds(60)).exitCode == 0)

            let healthy = try folder.attachImage("healthy", size: .mebibytes(128)).device.path
            try Filesystems.make(.btrfs, on: healthy, options: [], isThick: false)
            let held = try HeldDevice(opening: healthy)
            try Filesystems.prepareCopy(on: held, type: .btrfs)
            _ = try folder.mount(healthy, as: .btrfs, named: "mounted")
        }
    }

    @Test func `a mounted device is refused all the same`() throws {
        try withTemporaryFolder { folder in
            let mounted = try folder.mountFilesystem(.btrfs, size: .mebibytes(128), named: "a")
            let device = mounted.image.device.path
            let output = try run("/usr/sbin/mkfs.btrfs", "--force", device)
            #expect(output.exitCode != 0)
            #expect(output.standardError.contains("busy"), "\(output.standardError)")
            let held = try HeldDevice(opening: device)
            #expect(throws: DriverError.self) {
                try Filesystems.prepareCopy(on: held, type: .btrfs)
            }
        }
    }

    @Test func `nothing is there but what a program needs, and no mount of it stays`() throws {
        let before = try MountTable.read().count
        #expect(try run("/usr/bin/cat", "/proc/self/mounts").standardOutput == "")
        let seen = try run("/usr/bin/ls", "/").standardOutput
        #expect(seen.byteSplit(separator: "\n").contains("proc"))
        #expect(!seen.byteSplit(separator: "\n").contains("tmp"))
        #expect(try run("/usr/bin/ls", "/proc").standardOutput == "self\n")
        #expect(try MountTable.read().count == before)
    }

    @Test func `a file system that it could see can be unmounted while it runs`() throws {
        try withTemporaryFolder { folder in
            let mounted = try folder.mountFilesystem(.btrfs, size: .mebibytes(128), named: "a")
            let script = "sleep 600"
            var command = HostCommand(program: "/usr/bin/perl", arguments: ["-e", script])
            command.known = .mkfsBtrfs
            let child = try ChildProcess(starting: command, keeping: -1)
            try Mounts.unmountAll(mounted.target)
            // A file system that is mounted anywhere has its device for itself.
            let descriptor = unsafe open(mounted.image.device.path, O_RDONLY | O_EXCL)
            #expect(descriptor >= 0)
            close(descriptor)
            _ = child.finish(within: .zero)
        }
    }
}
