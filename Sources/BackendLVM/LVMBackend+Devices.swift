package import Backend
import DeviceMapper
package import DriverCore
package import Host

/// Block devices: found in the kernel by their UUID, activated by LVM where they are missing.
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

    /// Opens a device and verifies that it is still the volume's.
    ///
    /// Until it is open, its number may have gone to another device; after that it cannot.
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
                "another program deactivated or removed \(group.name)/\(volume.name) while the driver "
                    + "opened \(found.path); find out which program, and retry"
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

    /// By the name that the kernel has; the disks of the group are not read.
    package func device(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try namedDevice(of: id).map { AttachedDevice(path: $0.path, number: $0.number) }
    }

    /// Leaves the device active and writable for the next stage; throws `inUse` where it is open.
    package func detach(_ id: VolumeID) throws(DriverError) {
        guard let device = try namedDevice(of: id) else { return }
        do throws(DriverError) {
            try refuseUse(of: device, patience: Self.detachPatience)
        } catch {
            throw error.adding(context: "volume \(id)")
        }
        let held = try HeldDevice(opening: device.path)
        // Another device by now: then this one is gone.
        guard held.number == device.number,
            try DeviceMapper.device(uuid: device.uuid)?.number == held.number
        else { return }
        if try held.isReadOnly() { try held.setReadOnly(false) }
    }

    /// nil where the kernel has no device of that name in the group.
    private func namedDevice(of id: VolumeID) throws(DriverError) -> MappedDevice? {
        let name = MappedVolume.name(of: id.text, group: group.name)
        do throws(DriverError) {
            try DeviceMapper.checkAvailable()
        } catch {
            // A node without device mapper, and one where only this volume's device cannot be asked,
            // are told apart by what the kernel shows of all its devices.
            guard try DeviceTree.hasMappedDevice(named: name) else { return nil }
            throw error
        }
        guard let device = try DeviceMapper.device(named: name), device.hasTable,
            MappedVolume.isVolume(device)
        else { return nil }
        return device
    }

    /// The device that the kernel has for a logical volume now.
    func device(of volume: LogicalVolume, _ metadata: VolumeGroupMetadata) throws(DriverError)
        -> MappedDevice?
    {
        try DeviceMapper.device(uuid: metadata.deviceUUID(of: volume))
    }

    /// The device, activated where it is not active.
    func activeDevice(of volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> MappedDevice
    {
        let ready = try readyDevice(of: volume, metadata)
        let device = if let ready { ready } else { try activate(volume, metadata) }
        try Failpoint.pass(.lvmDeviceFound)
        return device
    }

    /// nil where the device must be activated first.
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
            _ = try change.resumeSuspended(beneath: volume.name)
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
            try change.runUnverified(
                "lvchange",
                ["--activate", "y", "--ignoreactivationskip", change.path(volume.name)]
            )
        }
        guard let device = try device(of: volume, metadata), device.hasTable else {
            throw DriverError(
                .hostFailure,
                "\(group.name)/\(volume.name) is active in LVM, but the kernel has no device for it; "
                    + "see the node's kernel log"
            )
        }
        guard !device.isSuspended else {
            throw DriverError(
                .unavailable,
                "\(group.name)/\(volume.name) is suspended again: another program works on it; retry "
                    + "when it has ended, or run dmsetup resume \(device.name)"
            )
        }
        return device
    }

    /// The device to overwrite, opened exclusively and verified.
    func fillable(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> BlockFill
    {
        try BlockFill(of: held(volume, metadata))
    }

    /// Throws `inUse` where the volume's device or its node is mounted in a visible mount
    /// namespace, or is open.
    ///
    /// A bind mount of the node keeps nothing open, and would show the next volume that gets the
    /// number. A probe of the host's udev holds a device for a moment; that is waited for.
    func refuseOpen(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata) throws(DriverError) {
        guard let device = try device(of: volume, metadata) else { return }
        do throws(DriverError) {
            try refuseUse(of: device, patience: Self.probePatience)
        } catch {
            throw error.adding(context: "\(group.name)/\(volume.name)")
        }
    }

    private func refuseUse(of device: MappedDevice, patience: Duration) throws(DriverError) {
        try DeviceUse.refuse(ofDevice: device.path, number: device.number, patience: patience) {
            () throws(DriverError) in
            try (DeviceMapper.device(uuid: device.uuid)?.openCount ?? 0) > 0
        }
    }

    /// Longer than a probe by udev, and short, because the group cannot be changed meanwhile.
    private static let probePatience = Duration.milliseconds(500)
    /// Longer than the namespaces of a container take to end.
    private static let detachPatience = Duration.seconds(2)
}
