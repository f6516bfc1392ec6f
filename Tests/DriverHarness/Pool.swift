package import DriverCore
import Glibc
import Host
import TestSupport

/// What a tier of the tests lies on.
package enum PoolKind: String, Sendable, CaseIterable, CustomStringConvertible {
    case ext4Thin = "ext4-thin"
    case xfsThin = "xfs-thin"
    case xfsThick = "xfs-thick"
    case btrfsThin = "btrfs-thin"

    package var tier: String { rawValue }
    package var description: String { rawValue }
    package var isThick: Bool { self == .xfsThick }

    package var filesystem: FilesystemType {
        switch self {
        case .ext4Thin: .ext4
        case .xfsThin, .xfsThick: .xfs
        case .btrfsThin: .btrfs
        }
    }
}

/// An image file with a file system, mounted as the directory of one tier.
package final class Pool: Sendable {
    package let kind: PoolKind
    package let image: String
    package let directory: String
    private let root: String

    package init(_ kind: PoolKind, in folder: String, size: ByteCount) throws {
        self.kind = kind
        root = folder
        image = "\(folder)/\(kind.tier).img"
        directory = "\(folder)/pools/\(kind.tier)"
        try Bytes.makeFile(image, size: size)
        let device = try attach()
        try Filesystems.make(kind.filesystem, on: device, options: [], isThick: false)
        try target().createDirectory()
        try mount()
    }

    /// The thin tiers promise far more than there is, so that sparse volumes of any number fit.
    package var yaml: String {
        let provisioning = kind.isThick ? "thick" : "thin, overcommit: 100"
        return "    loop: {directory: \(directory), create: true, mountPoint: true, provisioning: "
            + "\(provisioning)}\n"
    }

    package func mount() throws {
        try Mounts.mount(
            device: attach(),
            at: target(),
            filesystem: kind.filesystem,
            flags: [],
            readOnly: false
        )
    }

    package func unmount() throws { try Mounts.unmount(target()) }

    /// Takes the disk away from under whatever uses it: open files live on, the directory is empty.
    package func lose() throws {
        try Tool.run("/usr/bin/umount", "--lazy", directory)
    }

    package func data(of volumeID: String) -> String { "\(directory)/volumes/\(volumeID)/data" }

    /// Finds the device of the image that is attached already.
    private func attach() throws -> String {
        try LoopDevices().attach(file: image, directIO: false, readOnly: false).path
    }

    private func target() throws -> TargetPath { try TargetPath(directory, kubeletRoot: root) }
}
