import Backend
import DriverCore
import Host

/// What doctor and the metrics say of the file system that holds a pool.
extension StorageUsage {
    /// Whether it can be written to; nil where it can.
    func readOnlyFinding(of directory: String) -> Finding? {
        guard isReadOnly else { return nil }
        return .problem(
            .unavailable,
            directory,
            "the file system of the pool is mounted read-only",
            "see the kernel log for the reason, then mount it read-write"
        )
    }

    /// How much room it has.
    func roomFinding(reserve: Reserve, isThick: Bool) -> Finding {
        let reserved = reserve.amount(of: total)
        let least = ByteCount(total.bytes / 100 * SpaceLedger.leastFree)
        let room = "\(available.short) of \(total.short) free, \(reserved.short) reserve"
        let advice =
            "delete volumes, snapshots or other files on it, or enlarge the pool's file system"
        if available < reserved {
            return .problem(.full, "room", "\(room): the reserve is in use", advice)
        }
        if !isThick, available < least {
            return .problem(.full, "room", "\(room): writes to volumes will soon fail", advice)
        }
        return .good("room", room)
    }
}
