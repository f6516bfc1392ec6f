import DriverCore
import Host
import TestSupport
import Testing

/// What a mount may be asked for, and what is refused before the kernel sees it.
@Suite(.timeLimit(.minutes(5)))
struct MountFlagsTests {
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
