package import Backend
import DeviceMapper
package import DriverCore
import Host

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

    /// By the texts of the tags: to take apart every record of a group of hundreds costs more than half
    /// of what `lvcreate` does.
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

    /// What a list shows of a volume; throws where it would have to leave the volume out.
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
        try claims.holding(record.id.text) { () throws(DriverError) in
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
        try claims.holding(id.text) { () throws(DriverError) in
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

    /// What copies of the volume were cut from, and a crash has left: nobody else can delete it.
    private func removeTemporarySnapshots(of name: String) throws(DriverError) {
        let metadata = try group.metadata()
        for snapshot in metadata.snapshots(of: name)
        where snapshot.store.hasBytePrefix(Temporary.prefix) {
            var look = RepairFigures()
            claims.ifFree(owner(of: snapshot.store)) { removeLeftover(snapshot.store, &look) }
        }
    }

    /// A copy-on-write snapshot goes with its origin, so an origin of one must stay.
    private func refuseDependents(of own: OwnVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        let snapshots = metadata.snapshots(of: own.volume.name)
        guard let first = snapshots.first else { return }
        throw DriverError(
            .inUse,
            "cannot delete \(group.name)/\(own.volume.name): it has \(snapshots.count) snapshots, "
                + "such as \(group.name)/\(first.store), which would be lost; delete them first"
        )
    }
}

/// Making and removing.
extension LVMBackend {
    /// Throws where an object of that name is there; removes what an earlier attempt left of it, and
    /// returns the turn with the group as it is then: the room that it took is free again.
    ///
    /// A leftover that stays is no final answer: whoever holds it may still finish it.
    func clearWay(for name: String, _ change: GroupChange) throws(DriverError) -> GroupChange {
        guard let own = try own(name, in: change.metadata) else {
            guard change.metadata.logicalVolumes[name] != nil else { return change }
            throw DriverError(.conflict, "\(change.path(name)) belongs to another tier")
        }
        guard !own.isReady else {
            throw DriverError(.conflict, "\(change.path(name)) already exists on tier \(tier)")
        }
        do {
            try refuseOpen(own.volume, change.metadata)
            try change.remove(name, inState: .creating)
            return try change.now()
        } catch {
            throw DriverError(
                .operationPending,
                "\(change.path(name)) is unfinished and could not be removed: \(error.message); retry",
                cause: error
            )
        }
    }

    /// Removes an object of this tier; OK where it does not exist.
    ///
    /// `check` is run before anything is removed, and throws where it must stay.
    func remove(
        _ name: String,
        check: (OwnVolume, VolumeGroupMetadata) throws(DriverError) -> Void = {
            (_, _) throws(DriverError) in
        }
    ) throws(DriverError) {
        guard try own(name, in: try group.metadata()) != nil else { return }
        try group.change("lvremove") { change throws(DriverError) in
            guard let own = try own(name, in: change.metadata) else { return }
            try check(own, change.metadata)
            try refuseOpen(own.volume, change.metadata)
            try change.remove(name, inState: own.isHalfMade ? .creating : .ready)
        }
    }

    /// Runs what makes an object; a failure removes what it has left, or says that it could not.
    ///
    /// The body says when it begins: what is there before that is somebody's, and stays. So does
    /// what another driver has made under the same name meanwhile: it was created at another moment.
    func making<Result>(
        _ name: String,
        created: Timestamp,
        _ body: (_ hasBegun: inout Bool) throws(DriverError) -> Result
    ) throws(DriverError) -> Result {
        var hasBegun = false
        do {
            return try body(&hasBegun)
        } catch {
            throw hasBegun ? undoing(name, created, after: error) : error
        }
    }

    private func undoing(_ name: String, _ created: Timestamp, after error: DriverError)
        -> DriverError
    {
        do {
            guard let left = try own(name, in: try group.metadata()), left.isFrom(created) else {
                return error
            }
            try remove(left.volume.name)
            return error
        } catch let undo {
            return DriverError(
                .operationPending,
                "\(error.message); the unfinished \(group.name)/\(name) could not be removed "
                    + "(\(undo.message)): retry",
                cause: error
            )
        }
    }
}

/// What one call is making, as distinct from what others make under the same name.
struct Draft: Sendable, Hashable {
    let name: String
    let created: Timestamp
}

extension LVMBackend {
    /// The tags of what lives only while something is made.
    func tags(of draft: Draft) -> Tags {
        var tags = Tags()
        tags.set(Fact.tier, tier)
        tags.set(Fact.created, draft.created.tagText)
        tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
        return tags
    }
}

/// Names of what lives only while something is made.
enum Temporary {
    static let prefix = "t1"
    /// What is made to have LVM tell a pool what it was not told.
    static let messenger = "t1-messenger"

    /// The snapshot from which a volume is copied, or the extents by which one grows.
    static func name(for id: VolumeID) -> String { prefix + id.text.dropFirst(2) }
}

extension GroupChange {
    /// Removes one of ours that still is in that state, and that nobody has cut a copy-on-write
    /// snapshot of, when LVM has locked the group; sees that it is gone.
    ///
    /// Such a snapshot, an administrator's perhaps, would go with it.
    func remove(_ name: String, inState state: VolumeRecord.State) throws(DriverError) {
        let tag = Tags.tag(Fact.state, state.rawValue)
        let selection = "tags=\(Tags.mark) && tags=\"\(tag)\" && lv_role!=thickorigin"
        let before = try metadataNow()
        // Not by run(): what the selection spares is no change that the disks have lost.
        try runBeside("lvremove", ["--select", selection, path(name)])
        guard try metadataNow().logicalVolumes[name] != nil else {
            return try removeDevices(of: before.logicalVolumes[name], before)
        }
        throw DriverError(
            .hostFailure,
            "lvremove did not remove \(path(name)): another program has changed it or taken a "
                + "snapshot of it (see lvs -o +tags,lv_role); if not, the disks of volume group "
                + "\(group.name) lose writes: replace them"
        )
    }

    /// Removes devices that LVM has lost sight of: those of a volume at which a command was killed.
    ///
    /// They would keep the name from the next volume. What is open stays, and is told.
    private func removeDevices(of volume: LogicalVolume?, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        guard let volume else { return }
        for layer in [nil, MappedVolume.Layer.copyOnWrite] {
            let uuid = metadata.deviceUUID(of: volume, layer: layer)
            guard let device = try DeviceMapper.device(uuid: uuid) else { continue }
            let output = try HostCommand(
                .dmsetup,
                arguments: ["--noudevsync", "--verifyudev", "remove", device.name]
            ).run(deadline: VolumeGroup.commandLimit)
            guard output.exitCode != 0 else { continue }
            throw DriverError(
                .unavailable,
                "\(path(volume.name)) is removed, but not its device \(device.name): "
                    + "\(output.complaint); run dmsetup remove \(device.name)"
            )
        }
    }

    /// Changes one fact of one of ours, in one step.
    func replaceTag(_ fact: String, _ old: String, with new: String, of name: String)
        throws(DriverError)
    {
        try run(
            "lvchange",
            [
                "--deltag", Tags.tag(fact, TagText.escaped(old)),
                "--addtag", Tags.tag(fact, TagText.escaped(new)), path(name),
            ]
        )
    }
}
