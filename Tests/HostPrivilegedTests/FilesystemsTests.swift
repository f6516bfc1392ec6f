import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct FilesystemsTests {
    @Test(arguments: FilesystemType.allCases)
    func `the smallest size is mountable, and a byte survives a remount`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let size = Filesystems.minimumSize(of: type)
            let pool = try folder.mountFilesystem(type, size: size, named: "pool")
            try Bytes.write("kept", to: "\(pool.path)/file")
            try Mounts.unmountAll(pool.target)
            #expect(try !Filesystems.checkIfAsked(pool.image.device.path, type: type))
            try Mounts.mount(
                device: pool.image.device.path,
                at: pool.target,
                filesystem: type,
                flags: [],
                readOnly: false
            )
            #expect(try Bytes.read("\(pool.path)/file") == Array("kept".utf8))
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a device with data is never formatted`(type: FilesystemType) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(300))
            let last = Int64(300 << 20) - 10
            try Bytes.write([7], to: image.device.path, at: last)
            let error = #expect(throws: DriverError.self) {
                try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
            }
            #expect(error?.message.contains("nothing was changed") == true)
            #expect(try Bytes.read(image.device.path, at: last, count: 1) == [7])
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a half-made file system is made again where that is said`(type: FilesystemType)
        throws
    {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(300))
            for isAgain in [false, true] {
                try Filesystems.make(
                    type,
                    on: image.device.path,
                    options: [],
                    isThick: false,
                    replacingHalfMade: isAgain
                )
            }
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a thick file keeps all its blocks`(type: FilesystemType) throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "thick")
            let size = ByteCount.mebibytes(320)
            try Bytes.makeFile(path, size: size)
            let file = unsafe open(path, O_RDWR | O_CLOEXEC)
            try #require(posix_fallocate(file, 0, off_t(size.bytes)) == 0)
            close(file)
            let image = try folder.attach(path)
            try Filesystems.make(type, on: image.device.path, options: [], isThick: true)
            var status = stat()
            try #require(unsafe stat(path, &status) == 0)
            #expect(Int64(status.st_blocks) * 512 >= size.bytes)
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a copy is mounted beside its source and the copy of the copy beside both`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(type, size: .mebibytes(300), named: "origin")
            try Bytes.write("origin", to: "\(pool.path)/name")
            var source = pool
            for name in ["copy", "copy of the copy"] {
                try Freezer.freeze(mountedAt: source.path)
                let file = folder.path(of: "\(name).img")
                defer { try? Freezer.thaw(mountedAt: source.path) }
                try Bytes.copy(source.image.file, to: file)
                try Freezer.thaw(mountedAt: source.path)
                let image = try folder.attach(file)
                try Filesystems.prepareCopy(on: image.device.path, type: type)
                let target = try folder.target(name)
                try target.createDirectory()
                try Mounts.mount(
                    device: image.device.path,
                    at: target,
                    filesystem: type,
                    flags: type == .xfs ? ["nouuid"] : [],
                    readOnly: false
                )
                #expect(try MountTable.layers(at: target).first?.source == image.device.path)
                #expect(
                    try Bytes.read("\(target.path)/name")
                        == Array((source.path == pool.path ? "origin" : "copy").utf8)
                )
                try Bytes.write(name, to: "\(target.path)/name")
                source = MountedImage(image: image, target: target)
            }
            #expect(try Bytes.read("\(pool.path)/name") == Array("origin".utf8))
            #expect(try Bytes.read(folder.path(of: "copy/name")) == Array("copy".utf8))
        }
    }

    @Test
    func `usage counts what is written`() throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.ext4, size: .mebibytes(64), named: "pool")
            let before = try Filesystems.usage(at: pool.path)
            try Bytes.write(Bytes.noise(count: 8 << 20), to: "\(pool.path)/file")
            let after = try Filesystems.usage(at: pool.path)
            #expect(after.totalBytes == before.totalBytes)
            #expect(after.usedBytes >= before.usedBytes + .mebibytes(8))
            #expect(after.availableBytes <= before.availableBytes - .mebibytes(8))
            #expect(after.usedInodes == before.usedInodes + 1)
            #expect(after.usedBytes + after.availableBytes <= after.totalBytes)
            #expect(throws: DriverError.self) { try Filesystems.usage(at: "/absent") }
        }
    }
}
