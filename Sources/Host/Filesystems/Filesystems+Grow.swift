import CHostShim
package import DriverCore
import Glibc

extension Filesystems {
    /// Grows a mounted file system to the size of its device, through the kernel; does nothing
    /// where it has that size.
    package static func grow(mountedAt path: String, type: FilesystemType) throws(DriverError) {
        let root = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        switch type {
        case .ext4: try growExt4(root, path)
        case .xfs: try growXFS(root, path)
        case .btrfs:
            try order("grow", path) { chost_btrfs_resize_max(root.rawValue) }
        }
    }

    private static func growExt4(_ root: borrowing OwnedDescriptor, _ path: String)
        throws(DriverError)
    {
        // The mount holds the device, so the name that the kernel gives stays true.
        let device = try HeldDevice(opening: node(of: root, path))
        guard let superblock = try Ext4Superblock(of: device) else {
            throw DriverError(.hostFailure, "\(device.path), mounted at \(path), is not ext4")
        }
        let reachable = superblock.reachableSize(onDeviceOf: try deviceBytes(of: root, path))
        // The kernel asks for CAP_SYS_RESOURCE even where there is nothing to do.
        guard reachable > superblock.size else { return }
        try requireGrowthOfMounted(path)
        try order("grow", path) {
            chost_ext4_resize(root.rawValue, reachable / superblock.blockSize)
        }
    }

    private static func requireGrowthOfMounted(_ path: String) throws(DriverError) {
        guard !Capabilities.hold(.sysResource) else { return }
        throw DriverError(
            .inUse,
            "ext4 at \(path) grows while it is mounted only if the driver has CAP_SYS_RESOURCE: give it "
                + "that capability, or unmount the volume everywhere and stage it again"
        )
    }

    /// The path of the device beneath a file system.
    private static func node(of root: borrowing OwnedDescriptor, _ path: String)
        throws(DriverError) -> String
    {
        let number = try deviceNumber(of: root, path)
        let lines = try SystemFile.read("/sys/dev/block/\(number)/uevent")
            .split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        guard let name = lines.lazy.compactMap({ $0.removingBytePrefix("DEVNAME=") }).first else {
            throw DriverError(.hostFailure, "\(path) is on device \(number), which has no name")
        }
        return "/dev/\(name)"
    }

    private static func deviceNumber(of root: borrowing OwnedDescriptor, _ path: String)
        throws(DriverError) -> String
    {
        let device = try FileStatus(of: root, called: path).device
        return "\(chost_device_major(device)):\(chost_device_minor(device))"
    }

    private static func growXFS(_ root: borrowing OwnedDescriptor, _ path: String)
        throws(DriverError)
    {
        var geometry = chost_xfs_geometry()
        try attempt("read the geometry of \(path)") {
            unsafe chost_xfs_geometry(root.rawValue, &geometry)
        }
        guard geometry.block_size > 0 else {
            throw DriverError(.hostFailure, "\(path) has no block size")
        }
        let blocks = try deviceBytes(of: root, path) / UInt64(geometry.block_size)
        // XFS refuses what would shrink it, and it may leave a last piece that is too small.
        guard blocks > geometry.data_blocks else { return }
        try order("grow", path) {
            chost_xfs_grow(root.rawValue, blocks, geometry.inode_percent)
        }
    }

    /// The size of the block device beneath a file system whose device number is the device's own.
    private static func deviceBytes(of root: borrowing OwnedDescriptor, _ path: String)
        throws(DriverError) -> UInt64
    {
        let number = try deviceNumber(of: root, path)
        let text = try SystemFile.lineIfThere("/sys/dev/block/\(number)/size")
        guard let sectors = text.flatMap({ UInt64($0) }) else {
            throw DriverError(.hostFailure, "\(path) is on device \(number), which has no size")
        }
        // The kernel counts in 512 bytes there, whatever the device's blocks are.
        return sectors * 512
    }

    private static func order(_ verb: String, _ path: String, _ call: () -> CInt)
        throws(DriverError)
    {
        do throws(Errno) {
            _ = try Errno.check(call)
        } catch {
            let advice: String? =
                switch error.code {
                case EROFS: "it is mounted read-only: grow it where it is mounted writable"
                case EPERM: "the file system has recorded errors: check it"
                case EBUSY, EAGAIN: "another resize is running"
                default: nil
                }
            throw error.failure(to: "\(verb) the file system at \(path)", advice: advice)
        }
    }
}
