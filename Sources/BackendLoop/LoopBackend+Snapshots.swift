package import Backend
package import DriverCore
import Host

extension LoopBackend {
    package func snapshots() throws(DriverError) -> [SnapshotRecord] {
        _ = try enter()
        return try snapshotTable.complete()
    }

    package func remembers(_ id: SnapshotID) -> Bool { snapshotTable.entry(id) != nil }

    package func snapshot(_ id: SnapshotID) throws(DriverError) -> SnapshotRecord? {
        let root = try enter()
        return try find(id, in: snapshotTable, root)?.record
    }

    package func createSnapshot(_ record: SnapshotRecord, progress: Progress)
        throws(DriverError) -> SnapshotRecord
    {
        let root = try enter()
        return try keys.holding(record.id.text) { () throws(DriverError) in
            try refuseExisting(record.id, in: snapshotTable, root)
            let source = try source(record.source, in: volumeTable, root)
            let target = CopyTarget(size: record.size, isSnapshot: true, progress: progress)
            return try build(record, into: snapshotTable, root) { data throws(DriverError) in
                try copy(source, to: data, target, root)
            }
        }
    }

    package func deleteSnapshot(_ id: SnapshotID) throws(DriverError) {
        let root = try enter()
        try keys.holding(id.text) { () throws(DriverError) in
            try remove(id, from: snapshotTable, root) {}
        }
    }
}
