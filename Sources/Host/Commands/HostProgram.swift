package import DriverCore

/// The programs that the driver starts: nothing else is ever run in production.
///
/// The packages are those of deploy/image-packages.
package enum HostProgram: String, Sendable, CaseIterable {
    case mkfsExt4 = "mkfs.ext4"
    case mkfsXFS = "mkfs.xfs"
    case mkfsBtrfs = "mkfs.btrfs"
    case e2fsck = "e2fsck"
    case resize2fs = "resize2fs"
    case btrfstune = "btrfstune"
    case lvm = "lvm"
    case dmsetup = "dmsetup"
    /// LVM runs it; the driver only checks that it is installed.
    case thinCheck = "thin_check"

    /// The Debian package that has it.
    package var debianPackage: String {
        switch self {
        case .mkfsExt4, .e2fsck, .resize2fs: "e2fsprogs"
        case .mkfsXFS: "xfsprogs"
        case .mkfsBtrfs, .btrfstune: "btrfs-progs"
        case .lvm: "lvm2"
        case .dmsetup: "dmsetup"
        case .thinCheck: "thin-provisioning-tools"
        }
    }

    /// Whether it runs where no mount is seen.
    ///
    /// Before they begin, the programs of btrfs look at the file behind every mounted loop device: one
    /// pool whose disk has failed would fail them for the volumes of all others, one whose disk hangs
    /// would hang them. That their own device is not mounted the kernel says, by O_EXCL: mkfs.btrfs asks
    /// itself, and for btrfstune ``Filesystems/prepareCopy(on:type:)`` does.
    var hidesMounts: Bool { self == .mkfsBtrfs || self == .btrfstune }

    /// The program that makes a file system of a type.
    package static func mkfs(_ type: FilesystemType) -> HostProgram {
        switch type {
        case .ext4: .mkfsExt4
        case .xfs: .mkfsXFS
        case .btrfs: .mkfsBtrfs
        }
    }
}

extension HostCommand {
    /// A command of one of the driver's programs, which are counted.
    ///
    /// Throws `hostFailure` naming the Debian package that brings it where it is missing.
    package init(
        _ program: HostProgram,
        arguments: [String],
        outlivesDriver: Bool = false
    ) throws(DriverError) {
        try self.init(
            named: program.rawValue,
            package: program.debianPackage,
            arguments: arguments,
            outlivesDriver: outlivesDriver
        )
        known = program
    }
}
