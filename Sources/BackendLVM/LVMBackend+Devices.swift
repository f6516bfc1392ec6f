package import Backend
import DeviceMapper
package import DriverCore
package import Host

/// Block devices: found by their uuid in the kernel, made by LVM where they are missing.
extension LVMBackend {
    package func hold(_ id: VolumeID) throws(DriverError) -> HeldDevice {
        let metadata = try group.metadata()
        let own = try required(id, in: metadata)
        try refuseShort(own, metadata)
        let held = try held(own.volume, metadata)
        if case .thin(let options) = provisioning {
            _ = try usage(of: pool(options, metadata), metadata)
        }
        return held
    }

    /// The active device of a logical volume, open and verified.
    func held(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> HeldDevice
    {
        try hold(try activeDevice(of: volume, metadata), of: volume, metadata)
    }

    /// Opens a device that was found, and asks the kernel for the volume's number once more: until
    /// the opening the number may have changed hands; from then on nobody else gets it.
    private func hold(
        _ found: MappedDevice,
        of volume: LogicalVolume,
        _ metadata: VolumeGroupMetadata
    ) throws(DriverError) -> HeldDevice {
        let held = try HeldDevice(opening: found.path)
        guard held.number == found.number,
            try device(of: volume, metadata)?.number == held.number
        else {
            throw DriverError(
                .operationPending,
                "\(group.name)/\(volume.name) was deactivated or removed by another program while "
                    + "it was being opened as \(found.path); find out which one, and retry"
            )
        }
        return held
    }

    /// A logical volume stays active after an unstage, so that the next stage runs no program.
    package func attachment(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        let metadata = try group.metadata(evenDisputed: true)
        guard let own = try own(id.text, in: metadata),
            let device = try device(of: own.volume, metadata), device.hasTable
        else { return nil }
        return AttachedDevice(path: device.path, number: device.number)
    }

    /// Leaves the device active and writable for the next stage; throws `inUse` where it is open.
    package func detach(_ id: VolumeID) throws(DriverError) {
        let metadata = try group.metadata(evenDisputed: true)
        guard let own = try own(id.text, in: metadata),
            let device = try device(of: own.volume, metadata), device.hasTable
        else { return }
        try refuseOpen(own.volume, metadata)
        let held = try hold(device, of: own.volume, metadata)
        if try held.isReadOnly() { try held.setReadOnly(false) }
    }

    /// The device that the kernel has for a logical volume now.
    func device(of volume: LogicalVolume, _ metadata: VolumeGroupMetadata) throws(DriverError)
        -> MappedDevice?
    {
        try DeviceMapper.device(uuid: metadata.deviceUUID(of: volume))
    }

    /// The device, activated where it is not.
    func activeDevice(of volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> MappedDevice
    {
        let ready = try readyDevice(of: volume, metadata)
        let device = if let ready { ready } else { try activate(volume, metadata) }
        try Failpoint.pass(.lvmDeviceFound)
        return device
    }

    /// nil where it has to be activated first.
    private func readyDevice(of volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> MappedDevice?
    {
        let device = try device(of: volume, metadata)
        return device.flatMap { $0.hasTable && !$0.isSuspended ? $0 : nil }
    }

    private func activate(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> MappedDevice
    {
        // No change of the metadata, so also where a disk is missing: a RAID works without it.
        try group.change("lvchange", evenIncomplete: true) { change throws(DriverError) in
            // LVM itself may wait for what is suspended beneath the volume.
            _ = try change.resumeSuspended()
            if let device = try self.device(of: volume, metadata), device.hasTable { return }
            try group.refuseFiltered(volume.name, tags: volume.tags, metadata)
            if case .thin(let options) = provisioning {
                let pool = try pool(options, change.metadata)
                if try usageIfActive(of: pool, change.metadata) == nil {
                    try refuseStopped(pool, change.metadata)
                }
                try deliverMessages(options, change)
            }
            // Snapshots of thin volumes carry a flag that would skip them.
            try change.runBeside(
                "lvchange",
                ["--activate", "y", "--ignoreactivationskip", change.path(volume.name)]
            )
        }
        guard let device = try device(of: volume, metadata), device.hasTable else {
            throw DriverError(
                .hostFailure,
                "LVM says that \(group.name)/\(volume.name) is active, but the kernel has no device "
                    + "of it; look at the node's kernel log"
            )
        }
        guard !device.isSuspended else {
            throw DriverError(
                .unavailable,
                "\(group.name)/\(volume.name) is suspended again: somebody works on it; retry when "
                    + "they have ended, or run dmsetup resume \(device.name)"
            )
        }
        return device
    }

    /// The device to overwrite, opened by nobody else and surely the volume's.
    func fillable(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> BlockFill
    {
        try BlockFill(of: held(volume, metadata))
    }

    /// Throws `inUse` where the volume's device is mounted or open.
    ///
    /// A probe of the host's udev holds a device for a moment; that is waited for.
    func refuseOpen(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata) throws(DriverError) {
        for attempt in 1...Self.openLooks {
            guard let device = try device(of: volume, metadata), device.openCount > 0 else {
                return
            }
            guard attempt == Self.openLooks else {
                Pause.milliseconds(Self.openPauseMilliseconds)
                continue
            }
            throw DriverError(
                .inUse,
                "\(group.name)/\(volume.name) is still mounted or open as \(device.path): unmount "
                    + "it, or stop what uses it (lsof \(device.path))"
            )
        }
    }

    /// Half a second in all: longer than a probe, shorter than anybody notices.
    private static let openLooks = 11
    private static let openPauseMilliseconds: UInt32 = 50
}
