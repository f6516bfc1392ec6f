package import Backend
import DeviceMapper
package import DriverCore

extension LVMBackend {
    package func snapshots() throws(DriverError) -> [SnapshotRecord] {
        let metadata = try group.metadata()
        var records: [SnapshotRecord] = []
        for own in try allListed(beginning: SnapshotID.prefix, in: metadata) where !own.isHalfMade {
            guard let id = SnapshotID(parsing: own.volume.name) else { continue }
            records.append(
                try listed(own) { () throws(DriverError) in try record(id, of: own, in: metadata) }
            )
        }
        return records.sorted { $0.id < $1.id }
    }

    /// The snapshots that can be read; the scan reports the others itself.
    func readableSnapshots() throws(DriverError) -> [SnapshotRecord] {
        let metadata = try group.metadata()
        return allOwn(beginning: SnapshotID.prefix, in: metadata).filter(\.isReady)
            .compactMap { own in
                SnapshotID(parsing: own.volume.name)
                    .flatMap { try? record($0, of: own, in: metadata) }
            }
            .sorted { $0.id < $1.id }
    }

    package func snapshot(_ id: SnapshotID) throws(DriverError) -> SnapshotRecord? {
        try record(id, in: try group.metadata())
    }

    package func createSnapshot(_ record: SnapshotRecord, progress: Progress)
        throws(DriverError) -> SnapshotRecord
    {
        let name = record.id.text
        try keys.holding(name) { () throws(DriverError) in
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

    /// Whether a snapshot still has its contents, according to the kernel.
    ///
    /// Of one that is not active it tells nothing; whoever copies it activates it, and looks then.
    func isIntact(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata) throws(DriverError)
        -> Bool
    {
        guard volume.thin == nil else { return true }
        guard metadata.snapshots[volume.name] != nil else { return false }
        let targets = try group.status(ofDevice: metadata.deviceUUID(of: volume))
        guard let target = targets.first, target.type == "snapshot" else { return true }
        switch try SnapshotStatus(parsing: target.status) {
        case .valid, .unknown: return true
        case .invalid, .overflow, .mergeFailed: return false
        }
    }

    package func deleteSnapshot(_ id: SnapshotID) throws(DriverError) {
        try keys.holding(id.text) { () throws(DriverError) in try remove(id.text) }
    }
}
