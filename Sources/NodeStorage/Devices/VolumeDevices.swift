package import Backend
package import DriverCore
package import Host

/// Opens, grows and closes the block device of one volume; nothing else does.
///
/// Nobody else asks a back end to attach, to detach or to grow a device. So what comes to lie between
/// the back end's device and the mount is opened, grown and closed here, and nothing above changes.
package struct VolumeDevices: Sendable {
    private let id: VolumeID
    private let tier: Tier

    init(of id: VolumeID, in tier: Tier) {
        self.id = id
        self.tier = tier
    }

    /// Attaches the volume, or finds the device that it has.
    ///
    /// The device is open and verified, so it stays the volume's while it is held.
    ///
    /// ``close()`` finds it in use until it is released.
    package func open() throws(DriverError) -> HeldDevice {
        try tier.change { (it) throws(DriverError) in try it.hold(id) }
    }

    /// The device that the volume has now, if any.
    package func current() throws(DriverError) -> VolumeDevice? {
        try tier.read { (it) throws(DriverError) in try it.attachment(of: id) }
            .map(VolumeDevice.init)
    }

    /// The device that the volume has now, if any, open and verified.
    package func openCurrent() throws(DriverError) -> HeldDevice? {
        guard let device = try current() else { return nil }
        let held = try HeldDevice(opening: device.path)
        // Read again once it is open: before that, its number may have gone to another device.
        guard try current()?.isShown(by: held) ?? false else {
            throw DriverError(
                .operationPending,
                "another program detached \(device.path) from volume \(id); retry"
            )
        }
        return held
    }

    /// The device as the kernel reports it; does not read the storage, which may be missing or
    /// hang.
    package func known() throws(DriverError) -> VolumeDevice? {
        try tier.backend.device(of: id).map(VolumeDevice.init)
    }

    /// Grows the volume to at least `size`, and its device with it; does nothing where it is
    /// already that large.
    package func grow(to size: ByteCount) throws(DriverError) -> VolumeRecord {
        try tier.change { (it) throws(DriverError) in try it.expandVolume(id, to: size) }
    }

    /// Detaches the device; does nothing where there is none.
    ///
    /// Throws `inUse` where it is still mounted or open. The storage is not asked, and may be away or
    /// hang: a pod must be able to end.
    package func close() throws(DriverError) { try tier.backend.detach(id) }
}

extension Tiers.LocatedVolume {
    package var devices: VolumeDevices { VolumeDevices(of: record.id, in: tier) }
}

extension Tiers {
    /// The device of a volume of any tier, as the kernel reports it.
    package func device(of id: VolumeID) throws(DriverError) -> VolumeDevice? {
        for tier in holders(of: id) {
            if let device = try VolumeDevices(of: id, in: tier).known() { return device }
        }
        return nil
    }

    /// Detaches the device of a volume of any tier; does nothing where there is none.
    package func closeDevice(of id: VolumeID) throws(DriverError) {
        for tier in holders(of: id) { try VolumeDevices(of: id, in: tier).close() }
    }
}
