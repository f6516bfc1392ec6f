import DriverCore
import Synchronization

/// States in which LVM or this host must not use a group.
extension VolumeGroup {
    func refuseForeign(_ metadata: VolumeGroupMetadata) throws(DriverError) {
        let reason: String
        if metadata.status.contains("EXPORTED") {
            reason = "is exported: run vgimport \(name)"
        } else if let lock = metadata.lockType, lock != "none" {
            reason = "is shared with other hosts (lock type \(lock)), which Cairn does not support"
        } else if metadata.status.contains("CLUSTERED") {
            reason = "is clustered, which Cairn does not support"
        } else {
            return try refuseForeignHost(metadata)
        }
        throw DriverError(.unavailable, "volume group \(name) \(reason)")
    }

    /// Throws `unavailable` where LVM would refuse every change of the group.
    func refuseIncomplete(_ metadata: VolumeGroupMetadata) throws(DriverError) {
        if let disk = metadata.physicalVolumes.first(where: { $0.isMissing || $0.trouble != nil }) {
            throw missing(disk)
        }
        let reason: String
        if !metadata.isWritable {
            reason =
                "is read-only (see vgs -o +vg_permissions): run vgchange --permission rw \(name)"
        } else if !metadata.status.contains("RESIZEABLE") {
            reason =
                "is not resizeable, so no volume can be made: run vgchange --resizeable y \(name)"
        } else {
            return
        }
        throw DriverError(.unavailable, "volume group \(name) \(reason)")
    }

    private func missing(_ disk: PhysicalVolume) -> DriverError {
        if disk.isHidden, let trouble = disk.trouble {
            return DriverError(
                .unavailable,
                "volume group \(name) cannot be changed: LVM does not use its physical volume "
                    + "\(disk.id): \(trouble)"
            )
        }
        return DriverError(
            .unavailable,
            "volume group \(name) cannot be changed: a disk is missing (physical volume "
                + "\(disk.id), last seen as \(disk.deviceHint)); bring the disk back, then run "
                + "vgextend --restoremissing; only if it is lost for good, \(LostDisk.advice(name))"
        )
    }
}

extension VolumeGroupMetadata {
    /// Whether LVM may change it.
    ///
    /// The flag has another name in a group with a system ID, so that older versions of LVM do not
    /// understand it.
    var isWritable: Bool { status.contains("WRITE") || flags.contains("WRITE_LOCKED") }
}

/// The system IDs that LVM accepts as this host's.
struct HostOwnership {
    fileprivate var accepted: Set<String> = []
    fileprivate var refused: (owner: String, since: ContinuousClock.Instant)?
}

extension VolumeGroup {
    private static let ownerPatience = Duration.seconds(5)

    /// Throws `unavailable` where the system ID is another host's.
    ///
    /// LVM is asked, since which IDs are this host's is a matter of its configuration; once for each.
    private func refuseForeignHost(_ metadata: VolumeGroupMetadata) throws(DriverError) {
        guard let owner = metadata.systemID, !owner.isEmpty else { return }
        let known = owners.withLock { owners -> Bool? in
            if owners.accepted.contains(owner) { return true }
            guard let refused = owners.refused, refused.owner == owner,
                ContinuousClock.now - refused.since < Self.ownerPatience
            else { return nil }
            return false
        }
        let isOurs = if let known { known } else { try isOurs(owner, metadata) }
        guard !isOurs else { return }
        throw DriverError(
            .unavailable,
            "volume group \(name) belongs to another host: LVM does not accept its system ID "
                + "'\(owner)' here (lvm systemid); use it on that host; if no other host uses its "
                + "disks, see lvmsystemid(7) on how to take it over"
        )
    }

    private func isOurs(_ owner: String, _ metadata: VolumeGroupMetadata) throws(DriverError)
        -> Bool
    {
        let devices = metadata.physicalVolumes.compactMap(\.device)
        let accepted = try asking.pass("asking LVM for its system ID") { () throws(DriverError) in
            // Without --foreign LVM leaves out what is another host's.
            try LVMReport.command("vgs", devices: devices, columns: ["vg_name"])
                .report(deadline: Self.searchLimit).rows.contains { $0["vg_name"] == name }
        }
        owners.withLock { owners in
            if accepted { owners.accepted.insert(owner) }
            owners.refused = accepted ? nil : (owner, .now)
        }
        return accepted
    }
}
