import Backend
import DeviceMapper
import DriverCore
import Host

/// Removing the driver's volumes, and changing their tags.
extension GroupChange {
    /// Removes a volume of the driver under LVM's lock, and verifies that it is gone.
    ///
    /// Only one that is still in that state, and has no copy-on-write snapshot.
    ///
    /// Such a snapshot, an administrator's perhaps, would go with it.
    func remove(_ name: String, inState state: VolumeRecord.State) throws(DriverError) {
        let tag = Tags.tag(Fact.state, state.rawValue)
        let selection = "tags=\(Tags.mark) && tags=\"\(tag)\" && lv_role!=thickorigin"
        let before = try metadataNow()
        // Not by run(): what the selection spares is no change that the disks have lost.
        try runUnverified("lvremove", ["--select", selection, path(name)])
        guard try metadataNow().logicalVolumes[name] != nil else {
            return try removeDevices(of: before.logicalVolumes[name], before)
        }
        throw DriverError(
            .hostFailure,
            "lvremove did not remove \(path(name)): another program has changed it or taken a "
                + "snapshot of it (see lvs -o +tags,lv_role); if not, the disks of volume group "
                + "\(group.name) lose writes: replace them"
        )
    }

    /// Removes devices that LVM no longer knows: those of a volume whose command was killed.
    ///
    /// They would keep the name from the next volume. What is open stays, and is told.
    private func removeDevices(of volume: LogicalVolume?, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        guard let volume else { return }
        for layer in [nil, MappedVolume.Layer.copyOnWrite] {
            let uuid = metadata.deviceUUID(of: volume, layer: layer)
            guard let device = try DeviceMapper.device(uuid: uuid) else { continue }
            let output = try HostCommand(
                .dmsetup,
                arguments: ["--noudevsync", "--verifyudev", "remove", device.name]
            ).run(deadline: VolumeGroup.commandLimit)
            guard output.exitCode != 0 else { continue }
            throw DriverError(
                .unavailable,
                "\(path(volume.name)) is removed, but not its device \(device.name): "
                    + "\(output.complaint); run dmsetup remove \(device.name)"
            )
        }
    }

    /// Changes one tag of a volume in one step.
    func replaceTag(_ fact: String, _ old: String, with new: String, of name: String)
        throws(DriverError)
    {
        try run(
            "lvchange",
            [
                "--deltag", Tags.tag(fact, TagText.escaped(old)),
                "--addtag", Tags.tag(fact, TagText.escaped(new)), path(name),
            ]
        )
    }
}
