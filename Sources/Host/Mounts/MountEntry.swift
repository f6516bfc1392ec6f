/// One line of /proc/self/mountinfo.
package struct MountEntry: Sendable, Hashable {
    package let mountID: UInt64
    /// The mount that this one lies on; the one below where several lie on one path.
    package let parentID: UInt64
    /// The file system's device number, as in st_dev of the files on it.
    package let device: UInt64
    /// The folder or file of the file system that is shown here: `/` unless it is a bind mount.
    package let root: String
    /// Where it is mounted, as this process sees it.
    package let target: String
    /// Per mount: `ro`, `nodev`, `noatime`, ...
    package let options: [String]
    package let fsType: String
    /// What was mounted: `/dev/loop3`.
    package let source: String
    /// Per file system: `rw`, `discard`, ...
    package let superOptions: [String]
    /// `shared:12`, `master:3`, ...; empty for a private mount.
    package let propagation: [String]

    /// Whether nothing can be written through this mount.
    package var isReadOnly: Bool { options.contains("ro") || superOptions.contains("ro") }
}
