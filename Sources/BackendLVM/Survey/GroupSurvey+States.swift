import Backend
import DeviceMapper
import DriverCore

/// States of LVM that prevent the use of a group or of its volumes.
extension GroupSurvey {
    /// True where disks contradict each other: nothing else about the group is then reliable.
    mutating func examineConflicts() throws(DriverError) -> Bool {
        let conflicts = try backend.group.conflicts()
        for conflict in conflicts {
            problem(
                conflict.kind,
                "volume group \(group)",
                conflict.found,
                conflict.advice(for: group)
            )
        }
        return !conflicts.isEmpty
    }

    /// What lvm.conf lets LVM activate; a running driver uses what it read at its start.
    mutating func examineActivation(_ metadata: VolumeGroupMetadata, _ isFresh: Bool)
        throws(DriverError)
    {
        if isFresh { _ = try backend.group.activationFilter(isFresh: true) }
        do throws(DriverError) {
            try backend.refuseFiltered(metadata)
        } catch {
            problem(
                .inactive,
                "volume_list of lvm.conf",
                "LVM will not activate new volumes of the group, so none can be used",
                error.message
            )
        }
        let filter = try backend.group.activationFilter()
        guard
            !ActivationFilter.admits(
                filter.automatic,
                VolumeID.prefix,
                tags: [Tags.mark],
                in: metadata
            )
        else { return }
        note(
            "auto_activation_volume_list of lvm.conf",
            "does not name the group: after a boot, each volume is activated when it is staged"
        )
    }

    /// A pool that is not active: nothing of it can be read until it is.
    mutating func examineInactive(_ pool: TierPool, _ metadata: VolumeGroupMetadata) {
        let path = "\(group)/\(pool.name)"
        do throws(DriverError) {
            try backend.refuseStopped(pool, metadata)
            problem(
                .inactive,
                "thin pool \(path)",
                "not active, so its usage is unknown",
                "the next create or stage activates it; to do it now, run lvchange --activate y \(path)"
            )
        } catch {
            problem(.inactive, "thin pool \(path)", "stopped by an administrator", error.message)
        }
    }
}
