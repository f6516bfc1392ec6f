import DriverCore

/// The space that one object or one request takes of a pool.
struct Charge: Sendable, Hashable {
    /// The most bytes that the object may hold: a volume's size, or the data of a snapshot.
    ///
    /// Counted against the overcommit limit of a thin tier.
    var promised = ByteCount.zero
    /// Bytes that the file system must still allocate.
    ///
    /// Of an object, the blocks that it shares with others: each overwrite allocates one. Of a
    /// request, the bytes that it will write.
    var owed = ByteCount.zero
    /// Bytes in the object's blocks, with shared ones, as last measured.
    var allocated = ByteCount.zero

    /// How much of the promised bytes the object already has: its blocks that are not shared.
    var held: ByteCount { min(promised, allocated - owed) }
}

/// The sums of all charges of a pool, and the room that is left.
///
/// A plain value: `Space` guards it, tests drive it with made-up numbers.
struct SpaceLedger: Sendable {
    /// How much the tier may promise.
    struct Policy: Sendable {
        let tier: String
        let isThick: Bool
        let overcommit: Double
        let reserve: Reserve
    }

    /// In percent of the disk: with less free, a thin tier makes no new volumes.
    ///
    /// Even where it reserves less, because what exists needs it to go on; as for a pool of LVM.
    static let leastFree: Int64 = 5

    /// What the file system may use itself, for directories and inodes, between GetCapacity and the
    /// create that follows.
    private static let drift = ByteCount.kibibytes(256)

    let policy: Policy
    private(set) var objects: [String: Charge] = [:]
    private var stored = Sums()
    private var pending = Sums()

    init(policy: Policy) { self.policy = policy }

    /// Sets the charge of an object; nil removes it.
    mutating func setCharge(of id: String, to charge: Charge?) {
        if let old = objects[id] { stored.subtract(old) }
        if let charge { stored.add(charge) }
        objects[id] = charge
    }

    mutating func addPending(_ charge: Charge) { pending.add(charge) }
    mutating func removePending(_ charge: Charge) { pending.subtract(charge) }

    /// The free space that other tiers on the same file system must leave for this tier's promises.
    ///
    /// Of a promise of 100 at overcommit 2, 50 are expected to be taken.
    var claim: ByteCount {
        guard !policy.isThick else { return stored.owed + pending.owed }
        let rest = stored.promised - stored.held + pending.promised
        return ByteCount(Int64(Double(rest.bytes) / max(1, policy.overcommit)))
    }

    /// nil where the request fits; otherwise why not.
    func refusal(of request: Charge, _ disk: StorageFigures) -> DriverError? {
        let free = physicallyFree(disk)
        guard !policy.isThick else {
            let asked = request.owed
            return asked > free ? shortage(asked: asked, available: free, disk) : nil
        }
        if isNearlyFull(disk) { return nearlyFull(disk) }
        let kept = Self.overhead(of: disk.available) - Self.drift
        let room = promisable(of: limit(disk, without: kept))
        if request.promised > room {
            return shortage(asked: request.promised, available: room, disk)
        }
        guard request.owed > free else { return nil }
        return shortage(asked: request.owed, available: free, disk, of: "the disk of ")
    }

    /// The room for new volumes, never negative.
    func capacity(_ disk: StorageFigures) -> (total: ByteCount, available: ByteCount) {
        guard !policy.isThick else {
            let free = physicallyFree(disk)
            return (disk.total - reserved(disk), free - Self.overhead(of: free))
        }
        let limit = limit(disk, without: Self.overhead(of: disk.available))
        return (limit, isNearlyFull(disk) ? .zero : promisable(of: limit))
    }

    /// The free space of the disk that nothing has been promised.
    private func physicallyFree(_ disk: StorageFigures) -> ByteCount {
        let owed = policy.isThick ? stored.owed + pending.owed : pending.owed
        return disk.available - owed - reserved(disk) - disk.claimed
    }

    /// The room that the overcommit limit leaves on a thin tier.
    private func promisable(of limit: ByteCount) -> ByteCount {
        limit - stored.promised - pending.promised
    }

    /// The size that the volumes of a thin tier may have together.
    ///
    /// At 1.0 that is what can be had: what is free now and what the tier's files hold, less what
    /// the reserve, the file system itself and the promises of other tiers need.
    private func limit(_ disk: StorageFigures, without overhead: ByteCount) -> ByteCount {
        let had = disk.available + stored.held - overhead - reserved(disk) - disk.claimed
        return had.overcommitted(policy.overcommit)
    }

    private func reserved(_ disk: StorageFigures) -> ByteCount {
        policy.reserve.amount(of: disk.total)
    }

    private func least(_ disk: StorageFigures) -> ByteCount {
        max(reserved(disk), ByteCount(disk.total.bytes / 100 * Self.leastFree))
    }

    private func isNearlyFull(_ disk: StorageFigures) -> Bool {
        disk.available - pending.owed <= least(disk)
    }

    /// Space that the file system needs in addition to the data: records, directories, lists of
    /// extents.
    ///
    /// It is left out of what is offered, so that what is offered can be had.
    static func overhead(of free: ByteCount) -> ByteCount {
        .mebibytes(1) + ByteCount(free.bytes / 1024)
    }

    private func nearlyFull(_ disk: StorageFigures) -> DriverError {
        DriverError(
            .outOfSpace,
            "the disk of tier \(policy.tier) is nearly full: \(disk.available) of \(disk.total) free, "
                + "of which \(least(disk)) are kept for existing volumes; delete volumes, snapshots "
                + "or other files there, or enlarge the file system"
        )
    }

    private func shortage(
        asked: ByteCount,
        available: ByteCount,
        _ disk: StorageFigures,
        of what: String = ""
    ) -> DriverError {
        let others =
            disk.claimed > .zero
            ? ", \(disk.claimed) promised by other tiers of its file system" : ""
        return DriverError(
            .outOfSpace,
            "\(what)tier \(policy.tier) has no room: \(asked) requested, \(available) available, "
                + "\(reserved(disk)) reserved\(others); delete volumes or snapshots, or enlarge the "
                + "pool"
        )
    }
}

/// The figures of the pool's file system.
struct StorageFigures: Sendable {
    let total: ByteCount
    let available: ByteCount
    /// The promises of other tiers on it.
    var claimed = ByteCount.zero
}

/// The sums of some charges.
private struct Sums: Sendable {
    var promised = ByteCount.zero
    var owed = ByteCount.zero
    var held = ByteCount.zero

    mutating func add(_ charge: Charge) {
        promised = promised + charge.promised
        owed = owed + charge.owed
        held = held + charge.held
    }

    mutating func subtract(_ charge: Charge) {
        promised = promised - charge.promised
        owed = owed - charge.owed
        held = held - charge.held
    }
}
