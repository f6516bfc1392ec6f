import DriverCore
import Synchronization

/// All objects of one kind by id: a cache of the pool's directories.
final class RecordTable<Record: StoredRecord>: Sendable {
    private struct State {
        var entries: [Record.ID: Entry<Record>] = [:]
        /// In order of id; nil after a change, until the next list.
        var sorted: [Record]?
        /// During a load: the ids that changed since it began; memory has newer records of them
        /// than the load.
        var changed: Set<Record.ID>?
    }

    private let state = Mutex(State())

    func entry(_ id: Record.ID) -> Entry<Record>? { state.withLock { $0.entries[id] } }

    func size(of id: Record.ID) -> ByteCount? {
        state.withLock { state in state.entries[id].flatMap(Self.usable)?.size }
    }

    /// The usable records, in order of id.
    func records() -> [Record] {
        state.withLock { state in
            if let sorted = state.sorted { return sorted }
            let sorted = state.entries.values.compactMap(Self.usable).sorted { $0.id < $1.id }
            state.sorted = sorted
            return sorted
        }
    }

    /// The objects that cannot be used, with the reason, in order of id.
    func unusable() -> [(id: Record.ID, reason: String)] {
        state.withLock { state in
            state.entries.compactMap { id, entry -> (id: Record.ID, reason: String)? in
                if case .unusable(let reason) = entry { (id, reason) } else { nil }
            }
            .sorted { $0.id < $1.id }
        }
    }

    /// The records for a list of everything; throws where the list would leave out an object.
    func complete() throws(DriverError) -> [Record] {
        guard let first = unusable().first else { return records() }
        throw DriverError(
            .hostFailure,
            "cannot list all: \(Record.noun) \(first.id) cannot be used: \(first.reason); restore that "
                + "file from a backup, then restart the driver; 'cairn doctor' names all such files"
        )
    }

    func put(_ stored: Stored<Record>) { set(stored.record.id, .usable(stored)) }

    func remove(_ id: Record.ID) { set(id, nil) }

    func set(_ id: Record.ID, _ entry: Entry<Record>?) {
        state.withLock { state in
            state.entries[id] = entry
            state.sorted = nil
            state.changed?.insert(id)
        }
    }

    func beginLoad() { state.withLock { $0.changed = [] } }

    /// Takes over what a load has read, except what changed meanwhile.
    func finishLoad(_ loaded: [Record.ID: Entry<Record>]) {
        state.withLock { state in
            var entries = loaded
            for id in state.changed ?? [] { entries[id] = state.entries[id] }
            state.entries = entries
            state.sorted = nil
            state.changed = nil
        }
    }

    private static func usable(_ entry: Entry<Record>) -> Record? {
        guard case .usable(let stored) = entry else { return nil }
        return stored.record
    }
}
