import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct GrowthTests {
    private func enlarge(_ pool: MountedImage, to size: ByteCount) throws {
        try Bytes.makeFile(pool.image.file, size: size)
        try HeldDevice(opening: pool.image.device.path).takeOverFileSize()
    }

    @Test(arguments: FilesystemType.allCases)
    func `a mounted file system grows with its device, and again to no effect`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let small = max(.mebibytes(64), Filesystems.minimumSize(of: type))
            let pool = try folder.mountFilesystem(type, size: small, named: "pool")
            try Filesystems.grow(mountedAt: pool.path, type: type)
            let before = try Filesystems.usage(at: pool.path)
            try Bytes.write("kept", to: "\(pool.path)/file")
            if type == .ext4, !Capabilities.canGrowExt4 {
                return try refuseWithoutCapability(pool)
            }
            for size in [.gibibytes(2), .gibibytes(2), .gibibytes(2) + .mebibytes(1)] {
                try enlarge(pool, to: size)
                try Filesystems.grow(mountedAt: pool.path, type: type)
                try Filesystems.grow(mountedAt: pool.path, type: type)
            }
            let after = try Filesystems.usage(at: pool.path)
            #expect(after.totalBytes > .mebibytes(1800))
            #expect(after.availableBytes > .mebibytes(1700))
            #expect(after.totalInodes >= before.totalInodes)
            #expect(try Bytes.read("\(pool.path)/file") == Array("kept".utf8))
        }
    }

    /// mke2fs leaves out a last group that is too small for its own tables; asking for it again at
    /// each mount would never end.
    @Test(arguments: [1, 4, 8, 9, 12, 65] as [Int64])
    func `a new ext4 file system fills its device as far as it ever can`(more: Int64) throws {
        try withTemporaryFolder { folder in
            let size = ByteCount.gibibytes(1) + .mebibytes(more)
            let pool = try folder.mountFilesystem(.ext4, size: size, named: "pool")
            try Filesystems.grow(mountedAt: pool.path, type: .ext4)
        }
    }

    private func refuseWithoutCapability(_ pool: MountedImage) throws {
        try enlarge(pool, to: .mebibytes(128))
        let error = #expect(throws: DriverError.self) {
            try Filesystems.grow(mountedAt: pool.path, type: .ext4)
        }
        #expect(error?.message.contains("CAP_SYS_RESOURCE") == true)
        #expect(try Bytes.read("\(pool.path)/file") == Array("kept".utf8))
    }

    @Test(arguments: FilesystemType.allCases)
    func `what may not grow mounted grows unmounted, and everything has grown in the end`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let small = Filesystems.minimumSize(of: type)
            let pool = try folder.mountFilesystem(type, size: small, named: "pool")
            try Bytes.write("kept", to: "\(pool.path)/file")
            try Mounts.unmountAll(pool.target)
            try enlarge(pool, to: .gibibytes(1))
            let device = pool.image.device.path
            for _ in 0..<2 { try Filesystems.growUnmountedIfNeeded(device, type: type) }
            try Mounts.mount(
                device: device,
                at: pool.target,
                filesystem: type,
                flags: [],
                readOnly: false
            )
            try Filesystems.grow(mountedAt: pool.path, type: type)
            #expect(try Filesystems.usage(at: pool.path).totalBytes > .mebibytes(900))
            #expect(try Bytes.read("\(pool.path)/file") == Array("kept".utf8))
        }
    }

    @Test(arguments: [FilesystemType.xfs, .ext4])
    func `a file system that cannot grow says why`(type: FilesystemType) throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(type, size: .mebibytes(300), named: "pool")
            try Mounts.unmountAll(pool.target)
            try Mounts.mount(
                device: pool.image.device.path,
                at: pool.target,
                filesystem: type,
                flags: [],
                readOnly: true
            )
            try enlarge(pool, to: .mebibytes(600))
            let error = #expect(throws: DriverError.self) {
                try Filesystems.grow(mountedAt: pool.path, type: type)
            }
            let isAllowed = type == .xfs || Capabilities.canGrowExt4
            #expect(error?.message.contains(isAllowed ? "read-only" : "CAP_SYS") == true)
        }
    }
}
