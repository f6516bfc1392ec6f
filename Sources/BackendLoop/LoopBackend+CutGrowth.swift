import Backend
import DriverCore
import Host
import Logging

/// A growth that was interrupted between the file and the record.
extension LoopBackend {
    /// Makes the record follow a file that is larger than recorded, and returns the record.
    ///
    /// The file counts: a device of it shows all of it, and the file system is grown to that. A
    /// copy of only as much as the record says would be cut off in the middle of the file system.
    func following<Record: StoredRecord>(
        _ facts: FileFacts?,
        _ stored: Stored<Record>,
        on shelf: borrowing Shelf<Record>
    ) throws(DriverError) -> Stored<Record> {
        guard Record.canGrow, let facts, facts.isRegularFile, facts.size > stored.record.size else {
            return stored
        }
        var grown = stored
        grown.record.size = facts.size
        try shelf.replace(grown)
        logger.info(
            "finished an interrupted expansion",
            metadata: [
                "\(Record.noun)": "\(stored.record.id)", "from": "\(stored.record.size)",
                "to": "\(facts.size)",
            ]
        )
        return grown
    }

    /// The same during a load, while no call changes records.
    ///
    /// What fails here is tried again when the volume is attached.
    func following<Record: StoredRecord>(
        _ facts: FileFacts?,
        _ entry: Entry<Record>,
        on shelf: borrowing Shelf<Record>
    ) -> Entry<Record> {
        guard repairs.looks == 0, case .usable(let stored) = entry else { return entry }
        do {
            return .usable(try following(facts, stored, on: shelf))
        } catch {
            logger.error(
                "cannot finish an interrupted expansion",
                metadata: ["\(Record.noun)": "\(stored.record.id)", "reason": "\(error.message)"]
            )
            return entry
        }
    }
}
