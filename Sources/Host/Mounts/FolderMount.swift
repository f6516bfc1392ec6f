package import DriverCore

/// The mounted file system that a folder lies on.
package struct FolderMount: Sendable, Hashable {
    /// `ext4`, `xfs`, ...
    package let type: String
    /// The same for every mount, and every subvolume, of the file system.
    package let device: UInt64
    /// Where the file system is mounted.
    package let target: String
    /// Whether the directory is the root of the file system, or of a subvolume of btrfs.
    ///
    /// A folder that is bound to a place of its own is none: a container sees each folder of the
    /// host that is given to it as such a mount, whether or not a disk is mounted there.
    package let isRoot: Bool

    /// The inode of the root of each subvolume of btrfs.
    private static let subvolumeRoot: UInt64 = 256

    /// The mount of an open directory; throws where it is not in the mount table.
    package init(of folder: borrowing Folder) throws(DriverError) {
        let path = try folder.shownPath()
        let id = try MountedPath.mountID(at: path)
        guard let entry = try MountTable.read().first(where: { $0.mountID == id }) else {
            throw DriverError(.unavailable, "the mount table has no mount for \(path): retry")
        }
        type = entry.fsType
        device = entry.device
        target = entry.target
        let isWhole = entry.root == "/"
        let inode = try folder.facts().identity.inode
        let isSubvolume = entry.fsType == "btrfs" && inode == Self.subvolumeRoot
        isRoot = entry.target == path && (isWhole || isSubvolume)
    }

    /// Whether a reboot, or the end of a container, removes all data.
    package var isVolatile: Bool { ["tmpfs", "ramfs", "overlay", "aufs"].contains(type) }
}
