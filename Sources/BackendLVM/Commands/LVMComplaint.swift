import DriverCore
import Host

/// Why an LVM command failed, as far as its messages show.
///
/// LVM says "not found" also where a disk answered with an error, so only what it says about room is
/// believed; whoever needs the cause of anything else looks at the disks.
struct LVMComplaint: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The group has too few free extents, or too few disks with free extents; or its thin pool
        /// is fuller than LVM allows for new volumes.
        case noSpace
        /// The metadata text of the group fills its area on the disks.
        case metadataAreaFull
        /// A disk failed to read or write the metadata of the group or of a pool.
        case diskFailed
        /// A file system on the volume is already frozen, so the kernel does not suspend the
        /// device.
        case frozen
        case other
    }

    let kind: Kind
    private let output: CommandOutput

    init(_ output: CommandOutput) {
        self.output = output
        let said = output.standardError
        if said.byteSplit(separator: "\n").contains(where: Self.isRefusedSuspension) {
            kind = .frozen
        } else {
            kind = Self.words.first { said.contains($0.text) }?.kind ?? .other
        }
    }

    /// `device-mapper: suspend ioctl on  (253:1) failed: Device or resource busy`: EBUSY comes from the
    /// freeze of what is mounted, and from nothing else.
    ///
    /// Source: dm_suspend and lock_fs in drivers/md/dm.c of Linux 6.1.
    private static func isRefusedSuspension(_ line: Substring) -> Bool {
        line.contains("suspend ioctl on") && line.hasByteSuffix("Device or resource busy")
    }

    /// Parts of LVM's messages.
    ///
    /// Source: lib/metadata/lv_manip.c and lib/format_text/format-text.c of
    /// LVM 2.03.16; lib/label/label.c for the disks, and
    /// lib/metadata/thin_manip.c for pools.
    private static let words: [(text: String, kind: Kind)] = [
        ("Error writing device", .diskFailed),
        ("Error reading device", .diskFailed),
        ("Failed to write metadata to", .diskFailed),
        // What a thin pool says once a write of its metadata has failed, or was lost.
        ("needs check", .diskFailed),
        ("unexpected transaction id", .diskFailed),
        ("too large for circular buffer", .metadataAreaFull),
        ("exceeds maximum metadata size", .metadataAreaFull),
        ("nsufficient free space", .noSpace),
        ("nsufficient suitable allocatable extents", .noSpace),
        ("must not exceed number of physical volumes", .noSpace),
        ("nsufficient suitable contiguous allocatable extents", .noSpace),
        ("reached threshold", .noSpace),
        ("while PVs are missing", .diskFailed),
        ("is missing PV", .diskFailed),
    ]

    /// The error with a message that says what to do.
    ///
    /// The caller must know that nothing was left behind, or say otherwise.
    func error(of subcommand: String) -> DriverError {
        let what = "\(subcommand) failed with exit code \(output.exitCode): \(output.complaint)"
        return switch kind {
        case .noSpace: DriverError(.outOfSpace, what)
        case .metadataAreaFull:
            DriverError(
                .outOfSpace,
                "\(what); the volume group's metadata area is full: remove volumes or snapshots, or "
                    + "make a group whose disks have a larger one (pvcreate --metadatasize 32m)"
            )
        case .diskFailed:
            DriverError(
                .unavailable,
                "\(what); a disk of the volume group fails: see the node's kernel log and cairn "
                    + "doctor, then bring the disk back or replace it"
            )
        case .frozen:
            DriverError(
                .inUse,
                "another program has frozen the file system of the volume or of its source, and this "
                    + "kernel cannot freeze it twice: thaw it (fsfreeze -u), then retry; the driver "
                    + "freezes it itself (\(what))"
            )
        case .other: DriverError(.hostFailure, what)
        }
    }
}
