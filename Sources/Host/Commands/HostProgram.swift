package import DriverCore

/// A program that the driver starts: nothing else is ever run in production.
///
/// Each target declares those that it runs (`extension HostProgram`). The packages are those of
/// deploy/image-packages.
package struct HostProgram: Sendable, Hashable {
    /// `mkfs.ext4`.
    package let name: String
    /// The Debian package that has it.
    package let debianPackage: String

    package init(_ name: String, in debianPackage: String) {
        self.name = name
        self.debianPackage = debianPackage
    }
}

extension HostProgram {
    package static let mkfsExt4 = HostProgram("mkfs.ext4", in: "e2fsprogs")
    package static let mkfsXFS = HostProgram("mkfs.xfs", in: "xfsprogs")
    package static let mkfsBtrfs = HostProgram("mkfs.btrfs", in: "btrfs-progs")
    package static let e2fsck = HostProgram("e2fsck", in: "e2fsprogs")
    package static let resize2fs = HostProgram("resize2fs", in: "e2fsprogs")
    package static let btrfstune = HostProgram("btrfstune", in: "btrfs-progs")

    /// Those for file systems, which this target runs.
    package static let ofFilesystems: [HostProgram] = [
        .mkfsExt4, .mkfsXFS, .mkfsBtrfs, .e2fsck, .resize2fs, .btrfstune,
    ]

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
            named: program.name,
            package: program.debianPackage,
            arguments: arguments,
            outlivesDriver: outlivesDriver
        )
        known = program
    }
}
