internal import Backend
internal import CSIMessages
internal import DriverCore
internal import Host

/// A volume capability, checked: how a volume is to be used.
struct VolumeAccess: Sendable, Hashable {
    enum Mode: String, Sendable, Hashable {
        case writer = "SINGLE_NODE_WRITER"
        case reader = "SINGLE_NODE_READER_ONLY"
        case singleWriter = "SINGLE_NODE_SINGLE_WRITER"
        case multiWriter = "SINGLE_NODE_MULTI_WRITER"
    }

    let mode: Mode
    let isBlock: Bool
    /// As asked; nil means whatever the volume has.
    private(set) var filesystem: FilesystemType?
    let mountFlags: [String]

    /// Throws `invalidRequest` for what this driver can never serve, saying why.
    init(_ capability: VolumeCapability?) throws(DriverError) {
        guard let capability else {
            throw DriverError(.invalidRequest, "volume_capability is missing")
        }
        mode = try Self.mode(capability.accessMode)
        switch capability.accessType {
        case nil:
            throw DriverError(
                .invalidRequest,
                "volume_capability names neither block nor mount access"
            )
        case .block:
            isBlock = true
            filesystem = nil
            mountFlags = []
        case .mount(let mount):
            isBlock = false
            filesystem = try Self.filesystem(mount.fsType)
            mountFlags = mount.mountFlags
            try Self.check(mount)
        }
    }

    /// Whether the capability by itself forbids writing.
    ///
    /// One flag may hold several options: `noatime,ro`.
    var isReadOnly: Bool {
        mode == .reader || mountFlags.contains { $0.byteSplit(separator: ",").contains("ro") }
    }

    var recorded: RecordedCapability {
        RecordedCapability(
            mode: mode.rawValue,
            isBlock: isBlock,
            filesystem: filesystem?.rawValue ?? "",
            mountFlags: mountFlags
        )
    }

    /// Throws `inUse` where the volume was not made for this kind of access.
    func check(against volume: VolumeRecord) throws(DriverError) {
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
            "volume \(volume.id) holds \(made.rawValue), not \(filesystem.rawValue); it is never "
                + "formatted again"
        )
    }

    /// The same access with a class's file system, where the capability itself names none.
    func naming(_ type: FilesystemType?) throws(DriverError) -> VolumeAccess {
        guard let type, !isBlock else { return self }
        guard filesystem == nil || filesystem == type else {
            throw DriverError(
                .invalidRequest,
                "the volume capability asks for \(filesystem?.rawValue ?? "") and parameter "
                    + "'\(StandardKeys.filesystem)' for \(type.rawValue); ask for one of them"
            )
        }
        var named = self
        named.filesystem = type
        return named
    }

    private static func mode(_ accessMode: VolumeCapability.AccessMode?) throws(DriverError) -> Mode
    {
        switch accessMode?.mode {
        case .singleNodeWriter: return .writer
        case .singleNodeReaderOnly: return .reader
        case .singleNodeSingleWriter: return .singleWriter
        case .singleNodeMultiWriter: return .multiWriter
        case .multiNodeReaderOnly, .multiNodeSingleWriter, .multiNodeMultiWriter:
            throw DriverError(
                .invalidRequest,
                "access mode \(accessMode?.mode.name ?? "") is not possible: the volume lies on "
                    + "one node's own disk; use ReadWriteOnce or ReadWriteOncePod"
            )
        case nil, .unknown:
            throw DriverError(.invalidRequest, "volume_capability has no access mode")
        case .unrecognized(let value):
            throw DriverError(.invalidRequest, "access mode \(value) is not known")
        }
    }

    /// The type of that name; nil for no name.
    static func filesystem(_ name: String) throws(DriverError) -> FilesystemType? {
        guard !name.isEmpty else { return nil }
        guard let type = FilesystemType(rawValue: name) else {
            throw DriverError(
                .invalidRequest,
                "file system '\(name.shortened(toBytes: 64))' is not supported; the choice is "
                    + FilesystemType.names
            )
        }
        return type
    }

    private static func check(_ mount: VolumeCapability.MountVolume) throws(DriverError) {
        try RequestLimits.check(mountFlags: mount.mountFlags)
        try Mounts.validate(flags: mount.mountFlags)
        guard mount.volumeMountGroup.isEmpty else {
            throw DriverError(
                .invalidRequest,
                "volume_mount_group is not supported; leave fsGroup to kubelet "
                    + "(CSIDriver fsGroupPolicy: File)"
            )
        }
    }
}

extension [VolumeAccess] {
    /// All capabilities of a request; at least one.
    init(_ capabilities: [VolumeCapability]) throws(DriverError) {
        guard !capabilities.isEmpty else {
            throw DriverError(.invalidRequest, "volume_capabilities are missing")
        }
        self = []
        for capability in capabilities { append(try VolumeAccess(capability)) }
    }
}
