package import Backend
package import DriverCore
package import Host

/// What the driver does with a held device, done with whatever device has a name: a test knows what
/// it is.
package enum BlockDevice {
    package static func size(of path: String) throws(DriverError) -> ByteCount {
        try HeldDevice(opening: path).size()
    }

    package static func flush(_ path: String) throws(DriverError) {
        try HeldDevice(opening: path).flush()
    }

    package static func setReadOnly(_ path: String, _ isReadOnly: Bool) throws(DriverError) {
        try HeldDevice(opening: path).setReadOnly(isReadOnly)
    }

    package static func isReadOnly(_ path: String) throws(DriverError) -> Bool {
        try HeldDevice(opening: path).isReadOnly()
    }
}

extension VolumeBackend {
    /// Attaches a volume, and lets the device go again, so that a test can detach it.
    package func attach(_ id: VolumeID) throws(DriverError) -> AttachedDevice {
        AttachedDevice(try hold(id))
    }
}

extension Probe {
    package static func look(at device: String) -> Probe { look(atDeviceNamed: device) }
}

extension BlockFill {
    package init(of device: String) throws(DriverError) {
        try self.init(of: HeldDevice(opening: device))
    }
}

extension Mounts {
    package static func mount(
        device: String,
        at target: TargetPath,
        filesystem: FilesystemType,
        flags: [String],
        readOnly: Bool
    ) throws(DriverError) {
        try mount(
            HeldDevice(opening: device),
            at: target,
            filesystem: filesystem,
            flags: flags,
            readOnly: readOnly
        )
    }

    /// A folder or a device node.
    package static func bind(
        _ source: String,
        to target: TargetPath,
        readOnly: Bool,
        flags: [String]
    ) throws(DriverError) {
        let place = try TargetPath(source, kubeletRoot: "/")
        try bind(place, to: target, readOnly: readOnly, flags: flags)
    }
}

extension Filesystems {
    package static func make(
        _ type: FilesystemType,
        on device: String,
        options: [String],
        isThick: Bool,
        replacingHalfMade: Bool = false
    ) throws(DriverError) {
        try make(
            type,
            on: HeldDevice(opening: device),
            options: options,
            isThick: isThick,
            replacingHalfMade: replacingHalfMade
        )
    }

    package static func checkIfAsked(_ device: String, type: FilesystemType)
        throws(DriverError) -> Bool
    {
        try checkIfAsked(HeldDevice(opening: device), type: type)
    }

    package static func prepareCopy(on device: String, type: FilesystemType) throws(DriverError) {
        try prepareCopy(on: HeldDevice(opening: device), type: type)
    }

    package static func growUnmountedIfNeeded(_ device: String, type: FilesystemType)
        throws(DriverError)
    {
        try growUnmountedIfNeeded(HeldDevice(opening: device), type: type)
    }
}
