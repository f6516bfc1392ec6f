package import Backend
package import DriverCore

extension LVMBackend {
    package func snapshots() throws(DriverError) -> [SnapshotRecord] {
        let metadata = try group.metadata()
        var records: [SnapshotRecord] = []
        for own in allOwn(beginning: SnapshotID.prefix, in: metadata) where own.isReady {
            guard let id = SnapshotID(parsing: own.volume.name),
                let record = try? record(id, of: own)
            else { continue }
            records.append(record)
        }
        return records.sorted { $0.id < $1.id }
    }

    package func snapshot(_ id: SnapshotID) throws(DriverError) -> SnapshotRecord? {
        try record(id, in: try group.metadata())
    }

    package func createSnapshot(_ record: SnapshotRecord, progress: Progress)
        throws(DriverError) -> SnapshotRecord
    {
        let name = record.id.text
        try claims.holding(name) { () throws(DriverError) in
            try making(name, created: record.created) { (hasBegun) throws(DriverError) in
                try group.change("lvcreate") { change throws(DriverError) in
                    let change = try clearWay(for: name, change)
                    let source = try required(record.source, in: change.metadata)
                    hasBegun = true
                    try cut(record, of: source, change)
                }
            }
        }
        progress.update(done: record.size, total: record.size)
        return record
    }

    private func cut(_ record: SnapshotRecord, of source: OwnVolume, _ change: GroupChange)
        throws(DriverError)
    {
        switch provisioning {
        case .thin(let options): try cutThin(record, of: source, options, change)
        case .thick(let options):
            // LVM makes the store first and ties it to its origin then: whole is what has both.
            var tags = record.tags(held: .zero)
            tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
            try cut(record.id.text, of: source.volume, options, tags, change)
            try change.markReady(record.id.text)
        }
    }

    package func deleteSnapshot(_ id: SnapshotID) throws(DriverError) {
        try claims.holding(id.text) { () throws(DriverError) in try remove(id.text) }
    }
}
