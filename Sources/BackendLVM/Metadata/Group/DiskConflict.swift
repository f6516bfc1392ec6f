import Backend
import DriverCore

/// Disks that claim to be of the group and contradict each other; an administrator must decide.
///
/// LVM neither activates nor changes such a group by itself. The driver names to LVM the devices that
/// it may use, so LVM would not see the others: the driver has to refuse in its place.
enum DiskConflict: Sendable, Hashable {
    /// Several disks carry one physical volume: one is a clone, or they are paths to one disk.
    case duplicate(id: String, devices: [String])
    /// A disk with old metadata of the group, which no longer knows the disk.
    case removed(id: String, device: String, holds: Description, newest: Description)
    /// A disk of the group with older metadata than the others.
    case outdated(id: String, device: String, holds: Description, newest: Description)

    /// The metadata of the group on one of its disks.
    struct Description: Sendable, Hashable {
        let sequenceNumber: Int
        let device: String
    }

    /// Devices to read again, to see whether the conflict is over.
    var devices: [String] {
        switch self {
        case .duplicate(_, let devices): devices
        case .removed(_, let device, _, _), .outdated(_, let device, _, _): [device]
        }
    }
}

/// The conflict as text.
extension DiskConflict {
    var kind: Finding.Kind {
        switch self {
        case .duplicate: .duplicateDisk
        case .removed, .outdated: .outdatedDisk
        }
    }

    var found: String {
        switch self {
        case .duplicate(let id, let devices):
            "physical volume \(id) is on \(devices.count) disks: \(devices.joined(separator: " and "))"
                + " (a cloned disk, or paths to one disk without multipathd)"
        case .removed(let id, let device, let holds, let newest):
            "disk \(device) (physical volume \(id)) says with metadata seqno "
                + "\(holds.sequenceNumber) that it belongs to the group, but the newer seqno "
                + "\(newest.sequenceNumber) on \(newest.device) does not name it"
        case .outdated(let id, let device, let holds, let newest):
            "disk \(device) (physical volume \(id)) has metadata seqno \(holds.sequenceNumber) of the "
                + "group, but \(newest.device) has seqno \(newest.sequenceNumber): the disk was "
                + "rolled back, replaced by an old copy, or loses writes"
        }
    }

    func advice(for group: String) -> String {
        switch self {
        case .duplicate:
            "find out which disk is right (pvs --all -o +pv_duplicate), then disconnect the other or "
                + "hide it from LVM (global_filter in lvm.conf, lvmdevices --deldev); for two paths to "
                + "one disk, start multipathd; to keep a clone, run vgimportclone on it"
        case .removed(_, let device, _, _):
            "find out which disk is right; if \(device) is not needed, disconnect it, hide it from LVM, "
                + "or clear its LVM label with vgck --updatemetadata \(group); if it is the right disk, "
                + "disconnect the others"
        case .outdated(_, let device, _, _):
            "find out whether the data on \(device) is as old as its metadata; if so, bring the right "
                + "disk back; if not, rewrite the metadata with vgck --updatemetadata \(group)"
        }
    }

    /// Throws `unavailable`: nothing of the group is activated or changed.
    func refusal(of group: String) -> DriverError {
        DriverError(
            .unavailable,
            "volume group \(group) needs your decision: \(found); \(advice(for: group))"
        )
    }
}
