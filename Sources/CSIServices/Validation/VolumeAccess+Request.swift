internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Host
internal import NodeStorage

extension VolumeAccess {
    /// Throws `invalidRequest` for what this driver can never serve, saying why.
    init(_ capability: VolumeCapability?) throws(DriverError) {
        guard let capability else {
            throw DriverError(.invalidRequest, "volume_capability is missing")
        }
        let mode = try Self.mode(capability.accessMode)
        switch capability.accessType {
        case nil:
            throw DriverError(
                .invalidRequest,
                "volume_capability has neither block nor mount access"
            )
        case .block:
            self.init(mode: mode, isBlock: true)
        case .mount(let mount):
            let filesystem = try Self.filesystem(mount.fsType)
            try Self.check(mount)
            self.init(
                mode: mode,
                isBlock: false,
                filesystem: filesystem,
                mountFlags: mount.mountFlags
            )
        }
    }

    /// The same access with a class's file system, where the capability itself names none.
    func naming(_ type: FilesystemType?) throws(DriverError) -> VolumeAccess {
        guard let type, !isBlock else { return self }
        guard filesystem == nil || filesystem == type else {
            throw DriverError(
                .invalidRequest,
                "volume_capability asks for \(filesystem?.rawValue ?? ""), but parameter "
                    + "'\(StandardKeys.filesystem)' for \(type.rawValue); ask for the same"
            )
        }
        return VolumeAccess(mode: mode, isBlock: isBlock, filesystem: type, mountFlags: mountFlags)
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
                "access mode \(accessMode?.mode.name ?? "") is not supported: the volume is on a "
                    + "disk of one node; use ReadWriteOnce or ReadWriteOncePod"
            )
        case nil, .unknown:
            throw DriverError(.invalidRequest, "volume_capability has no access mode")
        case .unrecognized(let value):
            throw DriverError(.invalidRequest, "access mode \(value) is unknown")
        }
    }

    /// The type of that name; nil for no name.
    static func filesystem(_ name: String) throws(DriverError) -> FilesystemType? {
        guard !name.isEmpty else { return nil }
        guard let type = FilesystemType(rawValue: name) else {
            throw DriverError(
                .invalidRequest,
                "file system '\(name.shortened(toBytes: 64))' is not supported; use one of "
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
