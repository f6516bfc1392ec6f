package import DriverCore

/// The kernel's status of a copy-on-write snapshot.
///
/// Source: snapshot_status in the kernel's drivers/md/dm-snap.c.
package enum SnapshotStatus: Sendable, Hashable {
    /// All in sectors of 512 bytes; `used` holds `metadata`, which is never below one chunk.
    case valid(used: UInt64, total: UInt64, metadata: UInt64)
    /// Its store ran full, or could not be written: it reads errors, for ever.
    case invalid
    /// Its store ran full just now; it becomes invalid.
    case overflow
    /// A merge into its origin met an error.
    case mergeFailed
    /// The kernel does not know how full its store is.
    case unknown

    /// Throws `unavailable` where the text is not a snapshot's.
    package init(parsing status: String) throws(DriverError) {
        switch status {
        case "Invalid": self = .invalid
        case "Overflow": self = .overflow
        case "Merge failed": self = .mergeFailed
        case "Unknown": self = .unknown
        default:
            var words = StatusWords(status, of: "snapshot")
            let (used, total) = try words.ratio()
            self = .valid(used: used, total: total, metadata: try words.number())
        }
    }
}
