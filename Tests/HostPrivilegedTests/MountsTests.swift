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
}
