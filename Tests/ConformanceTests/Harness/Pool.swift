import DriverCore
import Glibc
import Host
import TestSupport

/// What a tier of the tests lies on.
enum PoolKind: String, Sendable, CaseIterable, CustomStringConvertible {
    case ext4Thin = "ext4-thin"
    case xfsThin = "xfs-thin"
    case xfsThick = "xfs-thick"
    case btrfsThin = "btrfs-thin"

    var tier: String { rawValue }
    var description: String { rawValue }
    var isThick: Bool { self == .xfsThick }

    var filesystem: FilesystemType {
        switch self {
        case .ext4Thin: .ext4
        case .xfsThin, .xfsThick: .xfs
        case .btrfsThin: .btrfs
        }
    }
}

/// An image file with a file system, mounted as the directory of one tier.
final class Pool: Sendable {
    let kind: PoolKind
    let image: String
    let directory: String
    private let root: String

    init(_ kind: PoolKind, in folder: String, size: ByteCount) throws {
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
    var yaml: String {
        let provisioning = kind.isThick ? "thick" : "thin, overcommit: 100"
        return "    loop: {directory: \(directory), provisioning: \(provisioning)}\n"
    }

    func mount() throws {
        try Mounts.mount(
            device: attach(),
            at: target(),
            filesystem: kind.filesystem,
            flags: [],
            readOnly: false
        )
    }

    func unmount() throws { try Mounts.unmount(target()) }

    func data(of volumeID: String) -> String { "\(directory)/volumes/\(volumeID)/data" }

    /// Finds the device of the image that is attached already.
    private func attach() throws -> String {
        try LoopDevices().attach(file: image, directIO: false, readOnly: false).path
    }

    private func target() throws -> TargetPath { try TargetPath(directory, kubeletRoot: root) }
}
