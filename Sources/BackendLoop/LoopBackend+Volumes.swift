package import Backend
package import DriverCore
import Host

extension LoopBackend {
    package func volumes() throws(DriverError) -> [VolumeRecord] {
        _ = try enter()
        return try volumeTable.complete()
    }

    package func readableVolumes() throws(DriverError) -> [VolumeRecord] {
        _ = try enter()
        return volumeTable.records()
    }

    package func remembers(_ id: VolumeID) -> Bool { volumeTable.entry(id) != nil }

    package func volume(_ id: VolumeID) throws(DriverError) -> VolumeRecord? {
        let root = try enter()
        return try find(id, in: volumeTable, root)?.record
    }

    package func createVolume(_ record: VolumeRecord, progress: Progress)
        throws(DriverError) -> VolumeRecord
    {
        let root = try enter()
        return try keys.holding(record.id.text) { () throws(DriverError) in
            try refuseTooLarge(record.size)
            try refuseExisting(record.id, in: volumeTable, root)
            var record = record
            record.state = .ready
            guard let source = record.source else {
                return try build(record, into: volumeTable, root) { data throws(DriverError) in
                    try fillWithZeros(data, size: record.size, root)
                }
            }
            return try buildCopy(record, of: opened(source, root), progress, root)
        }
    }

    private func opened(_ source: VolumeSource, _ root: borrowing Folder) throws(DriverError)
        -> CopySource
    {
        switch source {
        case .volume(let id): try self.source(id, in: volumeTable, root)
        case .snapshot(let id): try self.source(id, in: snapshotTable, root)
        }
    }

    private func buildCopy(
        _ record: VolumeRecord,
        of source: borrowing CopySource,
        _ progress: Progress,
        _ root: borrowing Folder
    ) throws(DriverError) -> VolumeRecord {
        let target = CopyTarget(size: record.size, isSnapshot: false, progress: progress)
        return try build(record, into: volumeTable, root) { data throws(DriverError) in
            try copy(source, to: data, target, root)
        }
    }

    package func deleteVolume(_ id: VolumeID) throws(DriverError) {
        let root = try enter()
        try keys.holding(id.text) { () throws(DriverError) in
            try remove(id, from: volumeTable, root) { () throws(DriverError) in
                try detachData(of: id, root)
            }
        }
    }

    package func setContents(_ contents: VolumeRecord.Contents, of id: VolumeID)
        throws(DriverError)
    {
        let root = try enter()
        var stored = try required(id, in: volumeTable, root)
        guard stored.record.contents != contents else { return }
        try stored.record.advance(to: contents)
        try Shelf<VolumeRecord>(in: root).replace(stored)
        volumeTable.put(stored)
    }

    /// Throws `unsupportedSize` for a size that no file of the pool can have.
    func refuseTooLarge(_ size: ByteCount) throws(DriverError) {
        guard size > abilities.largestFile else { return }
        throw DriverError(
            .unsupportedSize,
            "tier \(tier): \(size) is more than the largest file of its file system, "
                + "\(abilities.largestFile)"
        )
    }

    /// Throws where the object exists: another call may have made it since the caller's search.
    func refuseExisting<Record: StoredRecord>(
        _ id: Record.ID,
        in table: RecordTable<Record>,
        _ root: borrowing Folder
    ) throws(DriverError) {
        let isThere = try Shelf<Record>(in: root).has(id)
        guard try find(id, in: table, root) != nil || isThere else { return }
        throw DriverError(.conflict, "\(Record.noun) \(id) already exists on tier \(tier)")
    }
}
