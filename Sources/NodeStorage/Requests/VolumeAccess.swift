package import Backend
package import DriverCore

/// A checked volume capability: how a volume is to be used.
package struct VolumeAccess: Sendable, Hashable {
    package enum Mode: String, Sendable, Hashable {
        case writer = "SINGLE_NODE_WRITER"
        case reader = "SINGLE_NODE_READER_ONLY"
        case singleWriter = "SINGLE_NODE_SINGLE_WRITER"
        case multiWriter = "SINGLE_NODE_MULTI_WRITER"
    }

    package let mode: Mode
    package let isBlock: Bool
    /// The file system that is asked for; nil means that of the volume.
    package let filesystem: FilesystemType?
    package let mountFlags: [String]

    package init(
        mode: Mode,
        isBlock: Bool,
        filesystem: FilesystemType? = nil,
        mountFlags: [String] = []
    ) {
        self.mode = mode
        self.isBlock = isBlock
        self.filesystem = filesystem
        self.mountFlags = mountFlags
    }

    /// Whether the capability by itself forbids writing.
    ///
    /// One flag may hold several options: `noatime,ro`.
    package var isReadOnly: Bool {
        mode == .reader || mountFlags.contains { $0.byteSplit(separator: ",").contains("ro") }
    }

    package var recorded: RecordedCapability {
        RecordedCapability(
            mode: mode.rawValue,
            isBlock: isBlock,
            filesystem: filesystem?.rawValue ?? "",
            mountFlags: mountFlags
        )
    }

    /// Throws `inUse` where the volume was not made for this kind of access.
    package func check(against volume: VolumeRecord) throws(DriverError) {
        guard volume.capabilities.contains(where: { $0.isBlock == isBlock }) else {
            throw DriverError(
                .inUse,
                "volume \(volume.id) was created for "
                    + (isBlock ? "mounted" : "raw block") + " access only"
            )
        }
        guard let filesystem, let made = volume.filesystem, filesystem != made else { return }
        throw DriverError(
            .inUse,
            "volume \(volume.id) has the file system \(made.rawValue), not "
                + "\(filesystem.rawValue); it is never formatted again"
        )
    }
}
