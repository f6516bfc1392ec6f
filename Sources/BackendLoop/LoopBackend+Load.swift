import Backend
import DriverCore
import Host
import Logging

/// Loading the records, and repairs at a start.
extension LoopBackend {
    /// Removes leftovers, and reads every record.
    func load(_ root: borrowing Folder) throws(DriverError) {
        var look = RepairFigures()
        space.beginLoad()
        let volumes = try load(into: volumeTable, root, &look)
        let snapshots = try load(into: snapshotTable, root, &look)
        space.finishLoad(volumes.merging(snapshots) { first, _ in first })
        try thawLeftovers(root, &look)
        reportStrays(in: root, &look)
        conclude(look)
    }

    /// Reads one shelf into its table, and returns the charge of each object.
    private func load<Record: StoredRecord>(
        into table: RecordTable<Record>,
        _ root: borrowing Folder,
        _ look: inout RepairFigures
    ) throws(DriverError) -> [String: Charge] {
        table.beginLoad()
        let shelf = try Shelf<Record>(in: root)
        var entries: [Record.ID: Entry<Record>] = [:]
        var charges: [String: Charge] = [:]
        for name in try shelf.folder.names() {
            if let id = PoolNames.leftover(name).flatMap(Record.ID.init(parsing:)) {
                removeLeftovers(of: id, on: shelf, &look)
            } else if let id = Record.ID(parsing: name) {
                guard let found = try shelf.entry(id) else { continue }
                let facts = try shelf.dataFacts(id)
                let entry = following(facts, found, on: shelf)
                entries[id] = entry
                charges[name] = charge(of: entry, facts)
                if report(entry, id) { look.count(.record) }
                try reportDamage(of: entry, facts, id, on: shelf, &look)
            } else {
                look.count(.stranger)
                logger.warning(
                    "found something that Cairn did not make, and left it as it is",
                    metadata: ["path": "\(shelf.folder.path)/\(name)"]
                )
            }
        }
        table.finishLoad(entries)
        return charges
    }

    private func removeLeftovers<Record: StoredRecord>(
        of id: Record.ID,
        on shelf: borrowing Shelf<Record>,
        _ look: inout RepairFigures
    ) {
        keys.ifFree(id.text) {
            do throws(DriverError) {
                try shelf.removeLeftovers(of: id)
                look.removed += 1
                logger.info(
                    "removed a leftover of an interrupted operation",
                    metadata: ["\(Record.noun)": "\(id)"]
                )
            } catch {
                // One leftover must not keep the other volumes away.
                look.count(.leftover)
                logger.error(
                    "cannot remove a leftover of an interrupted operation",
                    metadata: ["\(Record.noun)": "\(id)", "reason": "\(error.message)"]
                )
            }
        }
    }

    /// Logs an object that cannot be used; false where it can.
    @discardableResult
    private func report<Record: StoredRecord>(_ entry: Entry<Record>, _ id: Record.ID) -> Bool {
        guard case .unusable(let reason) = entry else { return false }
        logger.error(
            "a \(Record.noun) cannot be used and is left as it is",
            metadata: ["\(Record.noun)": "\(id)", "reason": "\(reason)"]
        )
        return true
    }

    /// The space that an object takes, as far as its record and its file show.
    func charge<Record: StoredRecord>(of entry: Entry<Record>, _ facts: FileFacts?)
        -> Charge
    {
        let allocated = facts?.allocated ?? .zero
        guard case .usable(let stored) = entry else {
            return isThick
                ? Charge() : Charge(promised: facts?.size ?? .zero, allocated: allocated)
        }
        let isSnapshot = stored.record is SnapshotRecord
        let size = stored.record.size
        guard isThick else {
            return Charge(
                promised: isSnapshot ? allocated : size,
                owed: min(allocated, stored.sharedAtCreation),
                allocated: allocated
            )
        }
        // A volume may have holes: the tier was thin once, or something punched them.
        let holes = isSnapshot ? .zero : size - allocated
        return Charge(owed: min(size, stored.sharedAtCreation + holes))
    }
}

/// Looking up one object.
extension LoopBackend {
    /// The object; nil where healthy storage does not have it.
    ///
    /// Throws where it is there and cannot be used.
    func find<Record: StoredRecord>(
        _ id: Record.ID,
        in table: RecordTable<Record>,
        _ root: borrowing Folder
    ) throws(DriverError) -> Stored<Record>? {
        var entry = table.entry(id)
        if entry == nil { entry = try adopt(id, into: table, root) }
        switch entry {
        case nil: return nil
        case .usable(let stored): return stored
        case .unusable(let reason):
            throw DriverError(
                .hostFailure,
                "\(Record.noun) \(id) cannot be used: \(reason); nothing of it was removed; restore "
                    + "that file from a backup, then restart the driver"
            )
        }
    }

    /// The object; throws where it does not exist.
    func required<Record: StoredRecord>(
        _ id: Record.ID,
        in table: RecordTable<Record>,
        _ root: borrowing Folder
    ) throws(DriverError) -> Stored<Record> {
        if let stored = try find(id, in: table, root) { return stored }
        throw DriverError(.notFound, "\(Record.noun) \(id) does not exist on tier \(tier)")
    }

    /// Loads an object that an administrator has restored since the start.
    private func adopt<Record: StoredRecord>(
        _ id: Record.ID,
        into table: RecordTable<Record>,
        _ root: borrowing Folder
    ) throws(DriverError) -> Entry<Record>? {
        let shelf = try Shelf<Record>(in: root)
        guard !keys.isHeld(id.text), let entry = try shelf.entry(id) else { return nil }
        space.setCharge(of: id.text, to: charge(of: entry, try shelf.dataFacts(id)))
        table.set(id, entry)
        report(entry, id)
        return entry
    }
}
