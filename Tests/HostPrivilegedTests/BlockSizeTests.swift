import DriverCore
import Host
import TestSupport
import Testing

/// File systems on devices with logical blocks of either size.
@Suite(.timeLimit(.minutes(2)))
struct `Logical block sizes` {
    @Test(arguments: FilesystemType.allCases, BlockSize.allCases)
    func `a file system is made, mounted and used`(
        type: FilesystemType,
        size: BlockSize
    ) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage(
                "volume",
                size: Filesystems.minimumSize(of: type),
                blockSize: size
            )
            try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
            let target = try folder.mount(image.device.path, as: type, named: "mnt")
            try Bytes.write("kept", to: "\(target.path)/file")
            try Mounts.unmountAll(target)
            let again = try folder.mount(image.device.path, as: type, named: "again")
            #expect(try Bytes.read("\(again.path)/file") == Array("kept".utf8))
        }
    }

    /// What a driver before the choice of a size, or an administrator by losetup, may do.
    @Test(arguments: FilesystemType.allCases)
    func `a file system of large blocks is mounted on a device of small ones`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let size = Filesystems.minimumSize(of: type)
            let image = try folder.attachImage("volume", size: size, blockSize: .bytes4096)
            try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
            try LoopDevices().detach(image.device, backing: image.identity)
            let small = try folder.attach(image.file)
            _ = try folder.mount(small.device.path, as: type, named: "mnt")
        }
    }

    @Test(
        arguments: [
            (FilesystemType.ext4, "-b 1024", true), (.ext4, "-b 4096", false),
            (.ext4, "-b 4096b", true), (.ext4, "-b 2k", true), (.ext4, "-i 8192", false),
            (.xfs, "-b size=1024", true), (.xfs, "-b size=4k", false), (.xfs, "-s size=512", true),
            (.xfs, "-s size=4096 -i size=512", false), (.xfs, "-i size=512", false),
            (.btrfs, "--sectorsize 2048", true), (.btrfs, "-s 4K", false),
            (.btrfs, "--nodesize 16k", false), (.ext4, "", false),
        ])
    func `options that need small blocks are known`(
        type: FilesystemType,
        options: String,
        isSmall: Bool
    ) throws {
        #expect(try Filesystems.hasSmallBlocks(mkfsOptions: options, for: type) == isSmall)
    }
}
