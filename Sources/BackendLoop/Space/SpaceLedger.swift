import DriverCore

/// What one object, or one request, takes of a pool.
struct Charge: Sendable, Hashable {
    /// Bytes that the object may come to hold: a volume's size, what a snapshot holds already.
    ///
    /// Counted against the overcommit limit of a thin tier.
    var promised = ByteCount.zero
    /// Bytes that the file system has still to find: of an object those that it shares with others
    /// (each overwrite of a shared block allocates one), of a request those it will write.
    var owed = ByteCount.zero
}

/// The sums of all charges of a pool, and what they leave.
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

    let policy: Policy
    private(set) var objects: [String: Charge] = [:]
    private var stored = Charge()
    private var pending = Charge()

    init(policy: Policy) { self.policy = policy }

    /// Sets what an object takes from now on; nil where it is gone.
    mutating func setCharge(of id: String, to charge: Charge?) {
        if let old = objects[id] { stored.subtract(old) }
        if let charge { stored.add(charge) }
        objects[id] = charge
    }

    mutating func addPending(_ charge: Charge) { pending.add(charge) }
    mutating func removePending(_ charge: Charge) { pending.subtract(charge) }

    /// Nothing where the request fits; what is wrong otherwise.
    func refusal(of request: Charge, usage: StorageFigures) -> DriverError? {
        let free = physicallyFree(usage)
        let room = policy.isThick ? free : promisable(usage)
        let asked = policy.isThick ? request.owed : request.promised
        if asked > room { return shortage(asked: asked, available: room, usage: usage) }
        if !policy.isThick, request.owed > free || free == .zero {
            let needed = max(request.owed, ByteCount(1))
            return shortage(asked: needed, available: free, usage: usage, of: "the disk below ")
        }
        return nil
    }

    /// What the tier can still take, never negative.
    func capacity(_ usage: StorageFigures) -> (total: ByteCount, available: ByteCount) {
        let free = physicallyFree(usage)
        guard !policy.isThick else {
            return (usage.total - reserved(usage), free - Self.overhead(of: free))
        }
        return (limit(usage), free == .zero ? .zero : promisable(usage))
    }

    /// What nobody has and nobody was promised, of the disk itself.
    private func physicallyFree(_ usage: StorageFigures) -> ByteCount {
        let owed = policy.isThick ? stored.owed + pending.owed : pending.owed
        return usage.available - owed - reserved(usage)
    }

    /// What the overcommit limit leaves on a thin tier.
    private func promisable(_ usage: StorageFigures) -> ByteCount {
        limit(usage) - stored.promised - pending.promised
    }

    private func limit(_ usage: StorageFigures) -> ByteCount {
        let limit = Double((usage.total - reserved(usage)).bytes) * policy.overcommit
        return ByteCount(limit < Double(Int64.max) ? Int64(limit) : .max)
    }

    private func reserved(_ usage: StorageFigures) -> ByteCount {
        policy.reserve.amount(of: usage.total)
    }

    /// What the file system needs beside the data: records, folders, the lists of extents.
    ///
    /// It is left out of what is offered, so that what is offered can be had.
    private static func overhead(of free: ByteCount) -> ByteCount {
        .mebibytes(1) + ByteCount(free.bytes / 1024)
    }

    private func shortage(
        asked: ByteCount,
        available: ByteCount,
        usage: StorageFigures,
        of what: String = ""
    ) -> DriverError {
        DriverError(
            .outOfSpace,
            "\(what)tier \(policy.tier) has no room: \(asked) asked, \(available) available, "
                + "\(reserved(usage)) in reserve; delete volumes or snapshots, or enlarge the pool"
        )
    }
}

/// What the pool's file system says of itself.
struct StorageFigures: Sendable {
    let total: ByteCount
    let available: ByteCount
}

extension Charge {
    fileprivate mutating func add(_ other: Charge) {
        promised = promised + other.promised
        owed = owed + other.owed
    }

    fileprivate mutating func subtract(_ other: Charge) {
        promised = promised - other.promised
        owed = owed - other.owed
    }
}
