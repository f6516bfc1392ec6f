import DriverCore
import Glibc

/// The mounts by which one block device is in use, found in mount tables.
///
/// The device's number finds the file systems on it, but for btrfs, which shows a number of its
/// own and is found by its source. A bind mount of the device's node holds nothing open, so the
/// mount table is all that tells of it: it shows as a mount of the devtmpfs (or, in a container,
/// the tmpfs) that holds the node. The node itself is asked for its number where it can be reached,
/// since it may have any name; elsewhere the kernel's name of the device decides.
struct DeviceMounts {
    /// `/dev/loop3`.
    let path: String
    /// As in st_rdev.
    let number: UInt64
    /// `/loop3`: the node in a devtmpfs.
    private let node: String

    init(of path: String, number: UInt64) {
        self.path = path
        self.number = number
        node = "/\(path.byteSplit(separator: "/").last ?? "")"
    }

    /// One mount, and whether it shows the device's node or a file system on it.
    struct Use: Sendable, Hashable {
        let mount: MountEntry
        /// Whether it shows the device's node rather than a file system on the device.
        let isNode: Bool
    }

    /// The uses among the entries of a whole mount table.
    ///
    /// `root` is where the namespace of the table has its root: empty for this process's own,
    /// `/proc/4711/root` for that of another one.
    func uses(among entries: [MountEntry], root: String = "") -> [Use] {
        var parents: [UInt64: MountEntry]?
        var uses: [Use] = []
        for entry in entries {
            if isFilesystem(entry, root: root) {
                uses.append(Use(mount: entry, isNode: false))
            } else if entry.root != "/", Self.nodeHolders.contains(entry.fsType) {
                let mounts = parents ?? Self.byID(entries)
                parents = mounts
                if isNode(entry, root: root, mounts) {
                    uses.append(Use(mount: entry, isNode: true))
                }
            }
        }
        return uses
    }

    /// Where device nodes are bound from.
    static let nodeHolders: Set<String> = ["devtmpfs", "tmpfs", "ramfs"]
    /// The only supported file system whose mounts do not have the device number of a disk.
    static let anonymous = "btrfs"

    private func isFilesystem(_ entry: MountEntry, root: String) -> Bool {
        if entry.device == number || entry.source.hasSameBytes(as: path) { return true }
        guard entry.fsType == Self.anonymous, entry.source.hasBytePrefix("/dev/") else {
            return false
        }
        // By another name of the device, such as /dev/mapper/vg-lv.
        guard let status = try? FileStatus(of: "\(root)\(entry.source)", followingLinks: true)
        else {
            return false
        }
        return status.isBlockDevice && status.deviceNumber == number
    }

    private func isNode(_ entry: MountEntry, root: String, _ mounts: [UInt64: MountEntry]) -> Bool {
        guard Self.isReachable(entry, mounts),
            let status = try? FileStatus(of: "\(root)\(entry.target)"),
            status.mountID == entry.mountID
        else { return entry.root.hasSameBytes(as: node) }
        return status.isBlockDevice && status.deviceNumber == number
    }

    /// Whether the path to the target crosses no file system that can hang.
    private static func isReachable(_ entry: MountEntry, _ mounts: [UInt64: MountEntry]) -> Bool {
        var next = mounts[entry.parentID]
        // The topmost mount of a namespace is its own parent, or has one that is not shown.
        for _ in 0..<mounts.count {
            guard let mount = next else { return true }
            guard localFilesystems.contains(mount.fsType) else { return false }
            if mount.parentID == mount.mountID { return true }
            next = mounts[mount.parentID]
        }
        return true
    }

    private static let localFilesystems: Set<String> = [
        "btrfs", "devtmpfs", "erofs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "rootfs",
        "squashfs", "tmpfs", "xfs",
    ]

    private static func byID(_ entries: [MountEntry]) -> [UInt64: MountEntry] {
        Dictionary(entries.map { ($0.mountID, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
