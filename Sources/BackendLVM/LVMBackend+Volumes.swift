package import Backend
import DeviceMapper
package import DriverCore

extension LVMBackend {
    package func volumes() throws(DriverError) -> [VolumeRecord] {
        let metadata = try group.metadata()
        var records: [VolumeRecord] = []
        for own in try allListed(beginning: VolumeID.prefix, in: metadata) where !own.isHalfMade {
            guard let id = VolumeID(parsing: own.volume.name) else { continue }
            records.append(
                try listed(own) { () throws(DriverError) in
                    try record(id, of: own, in: metadata)
                }
            )
        }
        return records.sorted { $0.id < $1.id }
    }

    package func readableVolumes() throws(DriverError) -> [VolumeRecord] {
        let metadata = try group.metadata()
        return allOwn(beginning: VolumeID.prefix, in: metadata).filter(\.isReady)
            .compactMap { own in
                VolumeID(parsing: own.volume.name)
                    .flatMap { try? record($0, of: own, in: metadata) }
            }
            .sorted { $0.id < $1.id }
    }

    /// The volumes for a count, from the texts of the tags.
    ///
    /// To parse all records of a group with hundreds of volumes costs more than half of what
    /// `lvcreate` does.
    package func countedVolumes() throws(DriverError) -> [CountedVolume] {
        let metadata = try group.metadata()
        let ours = [
            Tags.mark, Tags.tag(Fact.tier, TagText.escaped(tier)),
            Tags.tag(Fact.state, VolumeRecord.State.ready.rawValue),
        ]
        return metadata.logicalVolumes.values.compactMap { volume in
            guard volume.name.hasBytePrefix(VolumeID.prefix), !metadata.isHidden(volume),
                ours.allSatisfy(volume.tags.contains), let id = VolumeID(parsing: volume.name)
            else { return nil }
            let ephemeral = Tags.tag(Fact.ephemeral, "")
            let isEphemeral = volume.tags.contains { $0.hasBytePrefix(ephemeral) }
            return CountedVolume(id: id, isEphemeral: isEphemeral)
        }
    }

    /// The record for a list; throws where a list would have to leave the volume out.
    func listed<Record>(_ own: OwnVolume, _ record: () throws(DriverError) -> Record)
        throws(DriverError) -> Record
    {
        do throws(DriverError) {
            guard own.isReady else { throw own.tags.damage(Fact.state) }
            return try record()
        } catch {
            let name = "\(group.name)/\(own.volume.name)"
            throw error.adding(context: "cannot list \(name)")
        }
    }

    package func remembers(_ id: VolumeID) -> Bool { remembers(id.text) }

    package func remembers(_ id: SnapshotID) -> Bool { remembers(id.text) }

    private func remembers(_ name: String) -> Bool {
        guard let metadata = group.remembered else { return false }
        do {
            return try own(name, in: metadata) != nil
        } catch {
            // Something has the name, or may have it: this tier is to be asked.
            return true
        }
    }

    package func volume(_ id: VolumeID) throws(DriverError) -> VolumeRecord? {
        try record(id, in: try group.metadata())
    }

    package func createVolume(_ record: VolumeRecord, progress: Progress)
        throws(DriverError) -> VolumeRecord
    {
        try keys.holding(record.id.text) { () throws(DriverError) in
            var record = record
            record.state = .ready
            switch provisioning {
            case .thick(let options): try makeThick(record, options, progress)
            case .thin(let options): try makeThin(record, options)
            }
            progress.update(done: record.size, total: record.size)
            return record
        }
    }

    package func deleteVolume(_ id: VolumeID) throws(DriverError) {
        try keys.holding(id.text) { () throws(DriverError) in
            try removeTemporarySnapshots(of: id.text)
            try remove(id.text) { (own, metadata) throws(DriverError) in
                try refuseDependents(of: own, metadata)
            }
            // What a copy into this volume was cut from, and a crash has left.
            try remove(Temporary.name(for: id))
        }
    }

    package func setContents(_ contents: VolumeRecord.Contents, of id: VolumeID)
        throws(DriverError)
    {
        let metadata = try group.metadata()
        var record = try record(id, of: required(id, in: metadata), in: metadata)
        let old = record.contents
        guard old != contents else { return }
        try record.advance(to: contents)
        try group.change("lvchange") { change throws(DriverError) in
            try change.replaceTag(Fact.contents, old.rawValue, with: contents.rawValue, of: id.text)
        }
    }

    /// Removes temporary snapshots of the volume that a crash left; nothing else deletes them.
    private func removeTemporarySnapshots(of name: String) throws(DriverError) {
        let metadata = try group.metadata()
        for snapshot in metadata.snapshots(of: name)
        where snapshot.store.hasBytePrefix(Temporary.prefix) {
            var look = RepairFigures()
            keys.ifFree(owner(of: snapshot.store)) { removeLeftover(snapshot.store, &look) }
        }
    }

    /// Throws where the volume has copy-on-write snapshots, which would be deleted with it.
    private func refuseDependents(of own: OwnVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        let snapshots = metadata.snapshots(of: own.volume.name)
        guard let first = snapshots.first else { return }
        throw DriverError(
            .inUse,
            "cannot delete \(group.name)/\(own.volume.name): it has \(snapshots.count.counted("snapshot")), "
                + "such as \(group.name)/\(first.store), which would be lost; delete them first"
        )
    }
}
