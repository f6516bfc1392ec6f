import Backend
import DriverCore
import Host
import Naming

/// A logical volume that Cairn made for this tier.
struct OwnVolume {
    let volume: LogicalVolume
    let tags: Tags

    /// Whether it was made to its end.
    var isReady: Bool { state == .ready }

    /// Whether it may be removed as a leftover: only if its tags say `creating`.
    var isHalfMade: Bool { state == .creating }

    /// Whether the driver gave it that name, according to its tags.
    ///
    /// Throws where they do not tell: it may be what is looked for.
    func isNamed(_ name: String) throws(DriverError) -> Bool {
        guard VolumeID(parsing: name) != nil || SnapshotID(parsing: name) != nil else {
            return false
        }
        let given = try tags.required(Fact.name)
        return name.hasByteSuffix("-" + SHA256.hex(of: given).prefix(32))
    }

    /// Whether it was made by the attempt that began at that time.
    func isFrom(_ created: Timestamp) -> Bool {
        tags.values(of: Fact.created) == [created.tagText]
    }

    /// nil where the tag is missing or damaged; such a volume may have any contents.
    var state: VolumeRecord.State? {
        let values = tags.values(of: Fact.state)
        return values.count == 1 ? VolumeRecord.State(rawValue: values[0]) : nil
    }
}

/// The volumes of this tier in the group.
extension LVMBackend {
    /// The volume of that name; nil where there is none, or it is another tier's.
    ///
    /// Throws where the name is taken by what Cairn did not make, or by a tier that is not
    /// configured: neither may be said to be absent.
    func own(_ name: String, in metadata: VolumeGroupMetadata) throws(DriverError) -> OwnVolume? {
        guard let volume = metadata.logicalVolumes[name] else {
            try refuseDoubt(about: name, metadata)
            try refuseRenamed(name, metadata)
            return nil
        }
        guard let tags = Tags(reading: volume.tags) else {
            throw DriverError(
                .hostFailure,
                "\(group.name)/\(name) has no tag '\(Tags.mark)', so Cairn does not change it: "
                    + "rename it (lvrename) if it is not Cairn's, or restore its tags"
            )
        }
        do throws(DriverError) {
            try tags.checkFormat()
        } catch {
            throw error.adding(context: "\(group.name)/\(name)")
        }
        let owner = try tags.required(Fact.tier)
        if owner == tier {
            let own = OwnVolume(volume: volume, tags: tags)
            guard own.isReady || own.isHalfMade else {
                throw tags.damage(Fact.state).adding(context: "\(group.name)/\(name)")
            }
            return own
        }
        guard group.tiers.contains(owner) else {
            throw DriverError(
                .unavailable,
                "\(group.name)/\(name) belongs to tier '\(owner)', which this node does not have: put "
                    + "that tier back into the tiers file"
            )
        }
        return nil
    }

    /// Throws where a missing disk may have newer metadata, so that the volume cannot be called
    /// absent.
    private func refuseDoubt(about name: String, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        let away = metadata.physicalVolumes.first { $0.trouble != nil }
        guard let away else { return }
        throw DriverError(
            .unavailable,
            "cannot tell whether \(group.name)/\(name) exists: a disk of the group does not "
                + "answer (physical volume \(away.id)); bring it back; only if it is lost for good, "
                + LostDisk.advice(group.name)
        )
    }

    /// Throws where the volume was renamed: that is not a delete.
    private func refuseRenamed(_ name: String, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        for other in renamed(in: metadata) where try isNamed(other, name) {
            throw renaming(name, to: other.volume.name)
        }
    }

    private func isNamed(_ other: OwnVolume, _ name: String) throws(DriverError) -> Bool {
        do {
            return try other.isNamed(name)
        } catch {
            throw DriverError(
                .unavailable,
                "cannot tell whether \(group.name)/\(other.volume.name) is \(name) under another "
                    + "name: \(error.message)",
                cause: error
            )
        }
    }

    private func renaming(_ name: String, to now: String) -> DriverError {
        DriverError(
            .unavailable,
            "\(group.name)/\(name) was renamed to \(now): rename it back (lvrename "
                + "\(group.name) \(now) \(name)); if Cairn is to forget it, remove its tag "
                + "(lvchange --deltag \(Tags.mark) \(group.name)/\(now))"
        )
    }

    /// The volumes of this tier with a name that the driver does not give.
    func renamed(in metadata: VolumeGroupMetadata) -> [OwnVolume] {
        // By the names first: each object that is absent is looked for here, in thousands of others.
        metadata.logicalVolumes.values.filter { !Self.isGiven($0.name) }
            .compactMap { visibleOwn($0, metadata) }
    }

    /// Whether it is a name that the driver gives.
    private static func isGiven(_ name: String) -> Bool {
        name.hasBytePrefix(Temporary.prefix) || VolumeID(parsing: name) != nil
            || SnapshotID(parsing: name) != nil
    }

    /// Throws where the volume is shorter than when it was made: its end is lost, and may be
    /// another volume's now.
    func refuseShort(_ own: OwnVolume, _ metadata: VolumeGroupMetadata) throws(DriverError) {
        let size = metadata.size(of: own.volume)
        let made = try own.tags.required(Fact.size) { Int64($0) }
        guard VolumeID(parsing: own.volume.name) != nil, size.bytes < made else { return }
        throw DriverError(
            .hostFailure,
            "\(group.name)/\(own.volume.name) was reduced from \(ByteCount(made)) to \(size), so "
                + "its end is lost; restore it from a snapshot or a backup; if nothing was created "
                + "since, vgcfgrestore can restore the metadata"
        )
    }

    /// Every volume of this tier whose name begins so, complete or not.
    func allOwn(beginning prefix: String = "", in metadata: VolumeGroupMetadata) -> [OwnVolume] {
        metadata.logicalVolumes.values.filter { $0.name.hasBytePrefix(prefix) }
            .compactMap { visibleOwn($0, metadata) }
    }

    /// The same for a list, which must be complete: throws where a volume with the driver's tag
    /// does not name its tier.
    func allListed(beginning prefix: String, in metadata: VolumeGroupMetadata)
        throws(DriverError) -> [OwnVolume]
    {
        for volume in metadata.logicalVolumes.values
        where volume.name.hasBytePrefix(prefix) && !metadata.isHidden(volume) {
            do throws(DriverError) {
                _ = try Tags(reading: volume.tags)?.required(Fact.tier)
            } catch {
                let name = "\(group.name)/\(volume.name)"
                throw error.adding(context: "cannot list \(name)")
            }
        }
        return allOwn(beginning: prefix, in: metadata)
    }

    /// The volume, if it is this tier's and not a hidden part: LVM gives the tags of a RAID also to
    /// its parts.
    private func visibleOwn(_ volume: LogicalVolume, _ metadata: VolumeGroupMetadata) -> OwnVolume?
    {
        guard !metadata.isHidden(volume), let tags = Tags(reading: volume.tags),
            (try? tags.text(Fact.tier)) == tier
        else { return nil }
        return OwnVolume(volume: volume, tags: tags)
    }

    func record(_ id: VolumeID, in metadata: VolumeGroupMetadata) throws(DriverError)
        -> VolumeRecord?
    {
        guard let own = try own(id.text, in: metadata), own.isReady else { return nil }
        return try record(id, of: own, in: metadata)
    }

    func record(_ id: VolumeID, of own: OwnVolume, in metadata: VolumeGroupMetadata)
        throws(DriverError) -> VolumeRecord
    {
        let size = metadata.size(of: own.volume)
        do {
            return try VolumeRecord(id: id, size: size, tags: own.tags)
        } catch {
            throw error.adding(context: "\(group.name)/\(id)")
        }
    }

    func record(_ id: SnapshotID, in metadata: VolumeGroupMetadata) throws(DriverError)
        -> SnapshotRecord?
    {
        guard let own = try own(id.text, in: metadata), own.isReady else { return nil }
        return try record(id, of: own, in: metadata)
    }

    func record(_ id: SnapshotID, of own: OwnVolume, in metadata: VolumeGroupMetadata)
        throws(DriverError) -> SnapshotRecord
    {
        let isIntact = try isIntact(own.volume, metadata)
        do {
            return try SnapshotRecord(id: id, tags: own.tags, isIntact: isIntact)
        } catch {
            throw error.adding(context: "\(group.name)/\(id)")
        }
    }

    /// The layout in which the volume grows.
    func layout(of volume: LogicalVolume) throws(DriverError) -> Layout {
        guard let layout = volume.layout else {
            throw DriverError(
                .hostFailure,
                "\(group.name)/\(volume.name) has a layout that Cairn does not make: see lvs -o "
                    + "name,segtype, and undo the change with lvconvert"
            )
        }
        return layout
    }

    /// The volume; throws where it does not exist.
    func required(_ id: VolumeID, in metadata: VolumeGroupMetadata) throws(DriverError)
        -> OwnVolume
    {
        guard let own = try own(id.text, in: metadata), own.isReady else {
            throw DriverError(.notFound, "volume \(id) does not exist on tier \(tier)")
        }
        return own
    }

    func required(_ id: SnapshotID, in metadata: VolumeGroupMetadata) throws(DriverError)
        -> OwnVolume
    {
        guard let own = try own(id.text, in: metadata), own.isReady else {
            throw DriverError(.notFound, "snapshot \(id) does not exist on tier \(tier)")
        }
        return own
    }
}
