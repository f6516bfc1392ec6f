import DriverCore

/// One line of /proc/self/mountinfo.
///
/// A text that is not UTF-8 ends with a NUL here, so that it is equal to no path.
package struct MountEntry: Sendable, Hashable {
    package let mountID: UInt64
    /// The parent mount; the mount below where several are on one path.
    package let parentID: UInt64
    /// The file system's device number, as in st_dev of the files on it.
    package let device: UInt64
    /// The directory or file of the file system that is visible here: `/` unless it is a bind
    /// mount.
    package let root: String
    /// The mount point, as this process sees it.
    package let target: String
    /// Per mount: `ro,nodev,noatime`.
    let optionText: String
    package let fsType: String
    /// What was mounted: `/dev/loop3`.
    package let source: String
    /// Per file system: `rw,discard`.
    let superOptionText: String

    /// Per mount: `ro`, `nodev`, `noatime`, ...
    package var options: [String] { optionText.byteSplit(separator: ",").map(String.init) }
    /// Per file system: `rw`, `discard`, ...
    package var superOptions: [String] {
        superOptionText.byteSplit(separator: ",").map(String.init)
    }

    /// Whether nothing can be written through this mount.
    package var isReadOnly: Bool { options.contains("ro") || superOptions.contains("ro") }
}
