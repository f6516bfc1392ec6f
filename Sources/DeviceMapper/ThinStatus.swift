package import DriverCore

/// The kernel's status of a thin volume.
///
/// Source: thin_status in the kernel's drivers/md/dm-thin.c.
package enum ThinStatus: Sendable, Hashable {
    /// How much of it the pool has blocks for, those shared with snapshots included; in sectors of
    /// 512 bytes.
    case mapped(sectors: UInt64)
    /// Its pool has failed.
    case failed
    /// The pool could not read its metadata just now ("Error"), or has not opened the volume ("-").
    case unreadable

    /// Throws `unavailable` where the text is not a thin volume's.
    package init(parsing status: String) throws(DriverError) {
        switch status {
        case "Fail": self = .failed
        case "Error", "-": self = .unreadable
        default:
            var words = StatusWords(status, of: "thin")
            self = .mapped(sectors: try words.number())
        }
    }
}
