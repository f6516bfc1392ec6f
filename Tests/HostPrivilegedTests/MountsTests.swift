import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct MountsTests {
    @Test
    func `a mount appears in the table with its flags, and goes away`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(32))
            try Filesystems.make(.ext4, on: image.device.path, options: [], isThick: false)
            let target = try folder.target("with space\tand \\")
            try target.createDirectory()
            try Mounts.mount(
                device: image.device.path,
                at: target,
                filesystem: .ext4,
                flags: ["noatime", "nodev,commit=77"],
                readOnly: false
            )
            let layers = try MountTable.layers(at: target)
            #expect(layers.map(\.target) == [target.path])
            #expect(layers.first?.fsType == "ext4")
            #expect(layers.first?.source == image.device.path)
            #expect(layers.first?.device == image.device.number)
            #expect(layers.first?.options.contains("noatime") == true)
            #expect(layers.first?.options.contains("nodev") == true)
            #expect(layers.first?.superOptions.contains("commit=77") == true)
            #expect(layers.first?.isReadOnly == false)
            for _ in 0..<2 { try Mounts.unmount(target) }
            #expect(try MountTable.layers(at: target).isEmpty)
        }
    }

    /// The kernel writes two blanks in a row then.
    @Test
    func `a mount of no source leaves the table readable`() throws {
        try withTemporaryFolder { folder in
            let target = try folder.target("target")
            try target.createDirectory()
            try #require(unsafe mount("", target.path, "tmpfs", 0, nil) == 0)
            defer { try? Mounts.unmount(target) }
            let layers = try MountTable.layers(at: target)
            #expect(layers.map(\.fsType) == ["tmpfs"])
            #expect(layers.map(\.source) == [""])
            #expect(layers.first?.superOptions.contains("rw") == true)
        }
    }

    @Test(arguments: [FilesystemType.ext4, .xfs])
    func `only the root of a writable mount of the device is told at once`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: Filesystems.minimumSize(of: type))
            let number = image.device.number
            try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
            let target = try folder.target("target")
            let second = try folder.target("second")
            try target.createDirectory()
            try second.createDirectory()
            #expect(!target.isWritableMount(ofDevice: number))
            try Mounts.mount(
                device: image.device.path,
                at: target,
                filesystem: type,
                flags: [],
                readOnly: false
            )
            #expect(target.isWritableMount(ofDevice: number))
            #expect(!target.isWritableMount(ofDevice: number + 1))
            let inside = try folder.target("target/inside")
            try inside.createDirectory()
            #expect(!inside.isWritableMount(ofDevice: number))
            try Mounts.bind(target, to: second, readOnly: true, flags: [])
            #expect(!second.isWritableMount(ofDevice: number))
            try Mounts.unmountAll(second)
            try Mounts.bind(target, to: second, readOnly: false, flags: [])
            #expect(second.isWritableMount(ofDevice: number))
            try Mounts.unmountAll(second)
            try Mounts.unmountAll(target)
            #expect(!target.isWritableMount(ofDevice: number))
        }
    }

    @Test
    func `a read-only mount refuses writes`() throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.ext4, size: .mebibytes(32), named: "pool")
            try Mounts.unmountAll(pool.target)
            try Mounts.mount(
                device: pool.image.device.path,
                at: pool.target,
                filesystem: .ext4,
                flags: ["rw"],
                readOnly: true
            )
            #expect(throws: DriverError.self) { try Bytes.write("x", to: "\(pool.path)/file") }
            #expect(try MountTable.layers(at: pool.target).first?.isReadOnly == true)
        }
    }

    @Test
    func `what is stacked is taken away layer by layer, or all at once`() throws {
        try withTemporaryFolder { folder in
            let sources = try (0..<3).map { try folder.makeFolder("source\($0)") }
            let target = try folder.target("target")
            try target.createDirectory()
            for (index, source) in sources.enumerated() {
                try Bytes.write("\(index)", to: "\(source)/file")
                try Mounts.bind(source, to: target, readOnly: false, flags: [])
            }
            #expect(try MountTable.layers(at: target).count == 3)
            #expect(try MountTable.layers(at: target).last?.root.hasSuffix("source2") == true)
            #expect(try Bytes.read("\(target.path)/file") == Array("2".utf8))
            let error = #expect(throws: DriverError.self) { try target.removeDirectory() }
            #expect(error?.code == .inUse)
            try Mounts.unmount(target)
            #expect(try Bytes.read("\(target.path)/file") == Array("1".utf8))
            try Mounts.unmountAll(target)
            #expect(try MountTable.layers(at: target).isEmpty)
            try target.removeDirectory()
        }
    }

    @Test
    func `a read-only bind of a folder refuses writes, and its source goes on`() throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.xfs, size: .mebibytes(300), named: "pool")
            let published = try folder.target("published")
            try published.createDirectory()
            try Mounts.bind(
                pool.target,
                to: published,
                readOnly: true,
                flags: ["noexec,nosuid", "discard"]
            )
            try Bytes.write("seen", to: "\(pool.path)/file")
            #expect(try Bytes.read("\(published.path)/file") == Array("seen".utf8))
            #expect(throws: DriverError.self) {
                try Bytes.write("x", to: "\(published.path)/file")
            }
            let entry = try MountTable.layers(at: published).first
            #expect(entry?.options.contains("ro") == true)
            #expect(entry?.options.contains("noexec") == true)
            #expect(entry?.options.contains("nosuid") == true)
            #expect(try MountTable.layers(at: pool.target).first?.isReadOnly == false)
        }
    }

    @Test
    func `a device node is bound onto a file and reaches the device`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let target = try folder.target("device")
            try target.createFile()
            try Mounts.bind(image.device.path, to: target, readOnly: false, flags: [])
            #expect(try target.kind() == .other)
            try Bytes.write("through the bind", to: target.path)
            #expect(
                try Bytes.read(image.device.path, count: 16) == Array("through the bind".utf8)
            )
            try Mounts.unmountAll(target)
            #expect(try target.kind() == .file)
            try target.removeFile()
        }
    }

    @Test
    func `a read-only bind of a device needs a read-only device`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let target = try folder.target("device")
            try target.createFile()
            try Mounts.bind(image.device.path, to: target, readOnly: true, flags: [])
            try Bytes.write("the bind alone lets this through", to: target.path)
            try BlockDevice.setReadOnly(image.device.path, true)
            #expect(throws: DriverError.self) { try Bytes.write("x", to: target.path) }
            try BlockDevice.setReadOnly(image.device.path, false)
            try Bytes.write("x", to: target.path)
        }
    }

    @Test
    func `a mount in use is not unmounted`() throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.ext4, size: .mebibytes(32), named: "pool")
            let held = unsafe open(pool.path, O_RDONLY | O_CLOEXEC)
            let error = #expect(throws: DriverError.self) { try Mounts.unmountAll(pool.target) }
            close(held)
            #expect(error?.code == .inUse)
            try Mounts.unmountAll(pool.target)
        }
    }

    @Test
    func `a failed mount names device, target, type and what to do`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(32))
            let target = try folder.target("target")
            try target.createDirectory()
            let error = #expect(throws: DriverError.self) {
                try Mounts.mount(
                    device: image.device.path,
                    at: target,
                    filesystem: .ext4,
                    flags: [],
                    readOnly: false
                )
            }
            let message = error?.message ?? ""
            for part in [image.device.path, target.path, "ext4", "EINVAL", "kernel log", "e2fsck"] {
                #expect(message.contains(part))
            }
        }
    }

    @Test(arguments: [
        "bind", "rbind", "remount", "move", "loop", "loop=/dev/loop0", "offset=512", "shared",
        "rprivate", "slave", "unbindable", "sizelimit=1", "helper=x", "uhelper=x",
        "verity.hashdevice=/x", "logdev=/dev/sda", "journal_path=/x", "device=/dev/sda",
        "noatime,bind", "subvol=x", "a\0b", "sb=8193", "degraded",
        // A character that joins with the comma, the equals sign or the name.
        "noatime,\u{301}device=/dev/sda", "device\u{301}=/dev/sda", "device=\u{301}/dev/sda",
        "noatime\u{200D},device=/dev/sda", "\u{301},subvol=x",
        // Blanks, which libmount drops.
        " device=/dev/sda", "noatime, subvol=x", "no\tatime", "a\nb", "noatime\u{A0}",
    ])
    func `a flag that would do something else than mount is refused`(flag: String) {
        let error = #expect(throws: DriverError.self) { try Mounts.validate(flags: [flag]) }
        #expect(error?.code == .invalidRequest)
    }

    /// `panic` stops the node, the others let a crash or the volume's own bytes damage it.
    @Test(arguments: [
        "errors=panic", "errors=continue", "errors", "noatime,errors=panic", "fatal_errors=panic",
        "data=writeback", "barrier=0", "barrier=00", "nobarrier", "journal_async_commit",
        "noload", "norecovery", "recovery", "usebackuproot", "rescue=all", "nologreplay",
        "noblock_validity", "enospc_debug", "check_int_data", "ref_verify", "abort",
        "context=\"a,errors=panic\"",
    ])
    func `a flag that makes a fault of the volume one of the node is refused`(flag: String) {
        let error = #expect(throws: DriverError.self) { try Mounts.validate(flags: [flag]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("remove it") == true)
    }

    @Test(arguments: [
        ["barrier"], ["barrier=1"], ["data=ordered"], ["fatal_errors=bug"], ["commit=60"],
        ["noatime"], ["nodev", "nosuid", "noexec"], ["discard"], ["nouuid"], ["_netdev"], ["ro"],
        ["context=\"system_u:object_r:container_file_t:s0:c1,c2\""], [], [""], ["defaults"],
        ["data=journal", "errors=remount-ro"], ["compress=zstd:3"],
    ])
    func `ordinary flags are accepted`(flags: [String]) throws {
        try Mounts.validate(flags: flags)
    }

    @Test(arguments: [FilesystemType.ext4, .xfs])
    func `a flag that the file system does not know is named in the kernel's words`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: Filesystems.minimumSize(of: type))
            try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
            let target = try folder.target("target")
            try target.createDirectory()
            func refusal(_ flag: String) -> DriverError? {
                #expect(throws: DriverError.self) {
                    try Mounts.mount(
                        device: image.device.path,
                        at: target,
                        filesystem: type,
                        flags: ["noatime", flag],
                        readOnly: false
                    )
                }
            }
            let unknown = refusal("no-such-flag")
            #expect(unknown?.code == .invalidRequest)
            #expect(unknown?.message.contains("Unknown parameter 'no-such-flag'") == true)
            // A value may be a secret.
            let secret = refusal("password=hunter2")
            #expect(secret?.message.contains("'password'") == true)
            #expect(secret?.message.contains("hunter2") == false)
            #expect(try MountTable.layers(at: target).isEmpty)
        }
    }

    @Test
    func `blanks around a flag are nothing, and one inside is refused`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(32))
            try Filesystems.make(.ext4, on: image.device.path, options: [], isThick: false)
            let target = try folder.target("target")
            try target.createDirectory()
            try Mounts.mount(
                device: image.device.path,
                at: target,
                filesystem: .ext4,
                flags: [" noatime", "nodev , commit=77\t", "  ", "sync"],
                readOnly: false
            )
            let entry = try MountTable.layers(at: target).first
            for option in ["noatime", "nodev"] {
                #expect(entry?.options.contains(option) == true)
            }
            for option in ["commit=77", "sync"] {
                #expect(entry?.superOptions.contains(option) == true)
            }
            for flag in ["no atime", "commit= 77", " bind", "a\n"] {
                #expect(throws: DriverError.self) { try Mounts.validate(flags: [flag]) }
            }
        }
    }

    /// As a tenant's image may ask for a panic.
    @Test
    func `ext4 turns read-only at an error, whatever its superblock says`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(32))
            try Filesystems.make(.ext4, on: image.device.path, options: [], isThick: false)
            let program = HostCommand(
                program: "/usr/sbin/tune2fs",
                arguments: ["-e", "panic", image.device.path]
            )
            #expect(try program.run(deadline: .seconds(60)).exitCode == 0)
            let target = try folder.target("target")
            try target.createDirectory()
            for (flags, readOnly) in [([], false), (["errors=remount-ro"], true)] {
                try Mounts.mount(
                    device: image.device.path,
                    at: target,
                    filesystem: .ext4,
                    flags: flags,
                    readOnly: readOnly
                )
                // ext4 shows what differs from the superblock.
                let options = try MountTable.layers(at: target).first?.superOptions
                #expect(options?.contains("errors=remount-ro") == true)
                try Mounts.unmountAll(target)
            }
        }
    }
}
