import CHostShim
package import DriverCore
import Glibc

/// The identity of a file, whatever its name: its file system and its inode.
package struct FileIdentity: Sendable, Hashable {
    /// As in st_dev.
    package let device: UInt64
    package let inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    /// The identity of the file at `path`; a symbolic link at its end is not followed.
    package init(of path: String) throws(DriverError) {
        let status = try FileStatus(of: path)
        self.init(device: status.device, inode: status.inode)
    }
}

/// The statx(2) attributes of a file.
struct FileStatus {
    private let found: chost_file_status

    init(of path: String) throws(DriverError) {
        found = try Self.read(AT_FDCWD, path, "read the status of \(path)")
    }

    /// The attributes of the file at `path`, following a symbolic link if asked.
    init(of path: String, followingLinks: Bool) throws(DriverError) {
        let flags = chost_O_PATH | (followingLinks ? 0 : O_NOFOLLOW)
        self = try FileStatus(of: OwnedDescriptor(opening: path, flags: flags), called: path)
    }

    init(of descriptor: borrowing OwnedDescriptor, called name: String) throws(DriverError) {
        found = try Self.read(descriptor.rawValue, "", "read the status of \(name)")
    }

    private static func read(_ folder: CInt, _ path: String, _ operation: String)
        throws(DriverError) -> chost_file_status
    {
        var status = chost_file_status()
        try attempt(operation) { unsafe chost_file_status(folder, path, &status) }
        return status
    }

    var device: UInt64 { found.device }
    var inode: UInt64 { found.inode }
    /// The number of the device of a device node, as in st_rdev.
    var deviceNumber: UInt64 { found.number }
    /// Of the mount that shows the file, as in the mount table.
    var mountID: UInt64 { found.mount_id }
    var isRegularFile: Bool { found.mode & S_IFMT == S_IFREG }
    var isBlockDevice: Bool { found.mode & S_IFMT == S_IFBLK }
}
