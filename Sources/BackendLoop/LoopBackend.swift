package import Backend
package import DriverCore
package import Host
package import Logging
import Synchronization

/// A tier whose volumes are files of one directory, attached as loop devices.
///
/// The directory is the database (see `PoolNames` for its layout); memory holds a cache of it and
/// the accounting. What is in the directory and was not made by Cairn is never touched.
package final class LoopBackend: VolumeBackend {
    package let tier: String
    package let isThick: Bool
    private let reserve: Reserve
    package let sizeUnit = ByteCount.kibibytes(4)

    /// What the pool's file system can do, as found by ``start()``.
    struct Abilities: Sendable {
        /// Whether files can share blocks, so that a copy is made in one step; nil until a trial
        /// has succeeded.
        var sharesBlocks: Bool?
        var isBtrfs = false
        var largestFile = ByteCount(.max)
    }

    let pool: Pool
    let volumeTable = RecordTable<VolumeRecord>()
    let snapshotTable = RecordTable<SnapshotRecord>()
    let space: Space
    let keys = HeldKeys()
    let loopDevices: LoopDevices
    let logger: Logger
    /// Held while blocks are allocated.
    ///
    /// Between reading the free space and the allocation no other call may allocate, or both would
    /// count the same bytes.
    let allocating = Mutex(())
    let repairFigures = Mutex(RepairFigures())
    /// The last known device of a volume; checked before it is used.
    let lastDevices = Mutex<[VolumeID: LoopDevice]>([:])
    /// The devices that have no direct I/O.
    let buffered = Mutex<[VolumeID: LoopDevice]>([:])
    /// How long cuts blocked writers.
    let cutDurations = Mutex(Histogram())
    package let choosesBlockSize = true
    package var cuts: Histogram? { cutDurations.withLock(\.self) }
    private let starting = Mutex(())
    private let foundAbilities = Mutex(Abilities())

    var abilities: Abilities { foundAbilities.withLock { $0 } }

    /// A tier in an absolute directory; reads and changes nothing before ``start()``.
    ///
    /// Throws `invalidRequest` for a directory that can hold no pool.
    package init(
        tier: String,
        directory: String,
        rules: PoolRules,
        isThick: Bool,
        overcommit: Double,
        reserve: Reserve,
        loopDevices: LoopDevices,
        accounts: SpaceAccounts = SpaceAccounts(),
        logger: Logger
    ) throws(DriverError) {
        guard let path = PoolPath(directory) else {
            throw DriverError(
                .invalidRequest,
                "tier \(tier): '\(directory)' cannot be a pool; use an absolute path other than /"
            )
        }
        var logger = logger
        logger[metadataKey: "tier"] = "\(tier)"
        self.tier = tier
        self.isThick = isThick
        self.reserve = reserve
        self.loopDevices = loopDevices
        self.logger = logger
        pool = Pool(tier: tier, path: path, rules: rules, logger: logger)
        space = Space(
            policy: SpaceLedger.Policy(
                tier: tier,
                isThick: isThick,
                overcommit: overcommit,
                reserve: reserve
            ),
            in: accounts
        )
    }

    package func start() throws(DriverError) {
        try starting.withLock { _ throws(DriverError) in
            let root = try pool.open()
            let usage = try root.usage()
            space.place(on: try FolderMount(of: root).device)
            let sharesBlocks = trial(in: root)
            foundAbilities.withLock { abilities in
                abilities.sharesBlocks = sharesBlocks ?? abilities.sharesBlocks
                abilities.isBtrfs = usage.isBtrfs
                abilities.largestFile = usage.largestFile
            }
            try load(root)
        }
    }

    /// Tries whether files can share blocks; nil where a full disk prevents the trial, which must
    /// not stop a start.
    private func trial(in root: borrowing Folder) -> Bool? {
        do throws(DriverError) {
            return try root.canClone()
        } catch {
            logger.warning(
                "cannot find out yet whether the pool has reflink; the next copy tries again",
                metadata: ["reason": "\(error.message)"]
            )
            return nil
        }
    }

    /// Whether files of the pool can share blocks; throws where the trial fails.
    func sharesBlocks(_ root: borrowing Folder) throws(DriverError) -> Bool {
        if let known = abilities.sharesBlocks { return known }
        let answer = try root.canClone()
        foundAbilities.withLock { $0.sharesBlocks = answer }
        return answer
    }

    /// Leaves objects alone whose keys running calls hold.
    package func rescan() throws(DriverError) { try start() }

    package func checkHealth() throws(DriverError) { _ = try enter() }

    package func health() -> TierHealth {
        do {
            let usage = try enter().usage()
            var health = TierHealth()
            health.problems = bufferingProblems
            if let finding = usage.readOnlyFinding(of: pool.path.directory) {
                health.problems.append(finding)
            }
            let room = usage.roomFinding(reserve: reserve, isThick: isThick)
            if room.state == .problem { health.problems.append(room) }
            health.levels[.data] =
                1 - Double(usage.available.bytes) / Double(max(usage.total.bytes, 1))
            health.problems += problems(of: volumeTable) + problems(of: snapshotTable)
            return health
        } catch {
            return TierHealth(unavailable: tier, error)
        }
    }

    private func problems<Record: StoredRecord>(of table: RecordTable<Record>)
        -> [Finding]
    {
        table.unusable().map { id, reason in
            .problem(
                .record,
                "\(Record.noun) \(id)",
                reason,
                "restore that file from a backup, then restart the driver"
            )
        }
    }

    /// Opens the pool's directory for one operation.
    ///
    /// Starts the tier first, where no start has succeeded yet, or where the pool was lost since.
    func enter() throws(DriverError) -> Folder {
        if !pool.isOpen { try start() }
        return try pool.enter()
    }

    package func capacity() throws(DriverError) -> TierCapacity {
        let root = try enter()
        guard try !root.usage().isReadOnly else {
            let total = try space.capacity(figures(root)).total
            return TierCapacity(total: total, available: .zero, maximumVolumeSize: .zero)
        }
        try measureDebts(in: root, notMeasuredFor: .seconds(60), for: .milliseconds(200))
        let (total, available) = try space.capacity(figures(root))
        let largest = min(available, abilities.largestFile).roundedDown(toMultipleOf: sizeUnit)
        return TierCapacity(total: total, available: available, maximumVolumeSize: largest)
    }
}
