import Backend
import DriverCore
import Host

/// Making and removing objects of either kind.
extension LoopBackend {
    /// Opens the data of an object for a copy.
    func source<Record: StoredRecord>(
        _ id: Record.ID,
        in table: RecordTable<Record>,
        _ root: borrowing Folder
    ) throws(DriverError) -> CopySource {
        let stored = try required(id, in: table, root)
        let data = try intactData(of: stored, for: .reading, root)
        let facts = try data.facts()
        let size = stored.record.size
        return CopySource(volume: id as? VolumeID, data: data, facts: facts, size: size)
    }

    /// The data of an object; throws where it is missing or too short, and says what is lost.
    func intactData<Record: StoredRecord>(
        of stored: Stored<Record>,
        for access: Folder.Access,
        _ root: borrowing Folder
    ) throws(DriverError) -> OpenFile {
        let id = stored.record.id
        guard let data = try Shelf<Record>(in: root).data(id, for: access) else {
            throw DriverError(
                .hostFailure,
                "the data of \(Record.noun) \(id) is lost: \(root.path)/\(Record.dataPath(of: id)) "
                    + "is missing; restore it from a backup"
            )
        }
        let facts = try data.facts()
        guard facts.isRegularFile, facts.size >= stored.record.size else {
            throw DriverError(
                .hostFailure,
                "the data of \(Record.noun) \(id) is damaged: \(data.path) has \(facts.size), but its "
                    + "record has \(stored.record.size); restore it from a backup"
            )
        }
        return data
    }

    /// Makes an object completely, or not at all.
    func build<Record: StoredRecord>(
        _ record: Record,
        into table: RecordTable<Record>,
        _ root: borrowing Folder,
        fill: (borrowing OpenFile) throws(DriverError) -> Filled
    ) throws(DriverError) -> Record {
        let shelf = try Shelf<Record>(in: root)
        do {
            let draft = try shelf.begin(record.id)
            try Failpoint.pass(.createFolderMade)
            let data = try draft.newFile(PoolNames.data, mode: Record.dataMode)
            try Failpoint.pass(.createDataMade)
            if isThick, abilities.isBtrfs { try data.disableCopyOnWrite() }
            let filled = try fill(data)
            try Failpoint.pass(.createFilled)
            let stored = Stored(record: record, sharedAtCreation: filled.shared)
            try shelf.complete(draft, data: data, stored)
            try Failpoint.pass(.createCompleted)
            try shelf.publish(record.id)
            try Failpoint.pass(.createPublished)
            space.setCharge(of: record.id.text, to: filled.charge)
            table.put(stored)
            filled.reservation.end()
            return record
        } catch {
            throw error.afterUndoing { () throws(DriverError) in try shelf.retract(record.id) }
        }
    }

    /// Removes an object; does nothing where it does not exist.
    func remove<Record: StoredRecord>(
        _ id: Record.ID,
        from table: RecordTable<Record>,
        _ root: borrowing Folder,
        release: () throws(DriverError) -> Void
    ) throws(DriverError) {
        let shelf = try Shelf<Record>(in: root)
        try refuseUnusable(id, in: table, shelf)
        if try shelf.has(id) {
            try shelf.refuseUnknownFiles(id)
            try release()
            try Failpoint.pass(.deleteDetached)
            try withdraw(id, from: table, on: shelf)
        }
        table.remove(id)
        do {
            try Failpoint.pass(.deleteWithdrawn)
            try shelf.removeLeftovers(of: id)
        } catch {
            throw error.leavingHalfDone(
                "\(Record.noun) \(id) is deleted, but some of its files are left"
            )
        }
        space.setCharge(of: id.text, to: nil)
    }

    /// Renames the object for its removal; a failure after that is not final, because the object is
    /// half removed.
    private func withdraw<Record: StoredRecord>(
        _ id: Record.ID,
        from table: RecordTable<Record>,
        on shelf: borrowing Shelf<Record>
    ) throws(DriverError) {
        do {
            try shelf.withdraw(id)
        } catch {
            guard try !shelf.has(id) else { throw error }
            table.remove(id)
            throw error.leavingHalfDone("\(Record.noun) \(id) is being deleted")
        }
    }

    private func refuseUnusable<Record: StoredRecord>(
        _ id: Record.ID,
        in table: RecordTable<Record>,
        _ shelf: borrowing Shelf<Record>
    ) throws(DriverError) {
        var entry = table.entry(id)
        if entry == nil { entry = try shelf.entry(id) }
        guard case .unusable(let reason) = entry else { return }
        throw DriverError(
            .hostFailure,
            "cannot delete \(Record.noun) \(id): \(reason); restore that file, or remove "
                + "\(shelf.folder.path)/\(id) by hand, then restart the driver"
        )
    }
}
