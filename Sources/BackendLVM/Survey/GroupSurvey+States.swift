import Backend
import DeviceMapper
import DriverCore

/// States of LVM's own that keep a group, or volumes of it, from being used.
extension GroupSurvey {
    /// True where a person has to decide about disks first: nothing else of the group can be trusted.
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

    /// What lvm.conf lets LVM activate; a running driver uses what its start has read.
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
                "no new volume of the group could be used: LVM would not activate it",
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
            "leaves out the group: after a boot its volumes are activated one by one, when they are staged"
        )
    }

    /// A pool without a device: nothing of it can be read until it has one.
    mutating func examineInactive(_ pool: TierPool, _ metadata: VolumeGroupMetadata) {
        let path = "\(group)/\(pool.name)"
        do throws(DriverError) {
            try backend.refuseStopped(pool, metadata)
            problem(
                .inactive,
                "thin pool \(path)",
                "not active, so how full it is cannot be seen",
                "the next create or stage activates it, and lvchange --activate y \(path) does now"
            )
        } catch {
            problem(.inactive, "thin pool \(path)", "stopped by somebody", error.message)
        }
    }
}
