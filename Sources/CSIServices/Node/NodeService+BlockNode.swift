internal import Backend
internal import DriverCore
internal import Host
internal import NodeStorage

extension NodeService {
    /// Binds the node of a raw block volume to a target, and verifies that the device is still the
    /// checked one.
    func bindNode(
        of volume: Tiers.LocatedVolume,
        as device: VolumeDevice,
        _ wanted: RequestedPublication
    ) throws(DriverError) {
        guard let held = try volume.devices.openCurrent(), device.isShown(by: held) else {
            throw DriverError(
                .operationPending,
                "another program took device \(device.path) from volume \(volume.record.id) while it "
                    + "was published; find out which program, and retry"
            )
        }
        // A read-only bind of a device node still lets writes through; the device itself must
        // refuse them. The checks saw to it that no other target needs the opposite; a publish or a
        // detach takes it back.
        try held.setReadOnly(wanted.isReadOnly)
        try Mounts.bind(held, to: wanted.target, readOnly: wanted.isReadOnly)
    }
}
