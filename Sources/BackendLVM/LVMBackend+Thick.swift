import Backend
import DeviceMapper
import DriverCore
import Host

/// Thick volumes: made as `creating`, given their bytes, then marked `ready`.
extension LVMBackend {
    func makeThick(_ record: VolumeRecord, _ options: ThickOptions, _ progress: Progress)
        throws(DriverError)
    {
        let name = record.id.text
        try making(name) { (hasBegun) throws(DriverError) in
            try allocate(record, options, &hasBegun)
            if let source = record.source {
                try fill(record, from: source, options, progress)
            } else {
                try fillWithZeros(name, options.wipe, from: .zero, progress)
            }
            try group.change("lvchange") { change throws(DriverError) in
                try change.markReady(name)
            }
        }
    }

    private func allocate(
        _ record: VolumeRecord,
        _ options: ThickOptions,
        _ hasBegun: inout Bool
    ) throws(DriverError) {
        var draft = record
        draft.state = .creating
        try group.change("lvcreate") { change throws(DriverError) in
            try clearWay(for: record.id.text, change)
            let extents = change.metadata.extents(holding: record.size)
            try refuseWithoutRoom(for: extents, options.layout, change.metadata)
            hasBegun = true
            try change.allocate(
                record.id.text,
                extents: extents,
                layout: options.layout,
                tags: draft.tags
            )
        }
    }

    /// Makes the part of a volume behind `start` read as zeros, as the wipe policy says.
    func fillWithZeros(
        _ name: String,
        _ wipe: ThickOptions.Wipe,
        from start: ByteCount,
        _ progress: Progress
    ) throws(DriverError) {
        let metadata = try group.metadata()
        let volume = try fresh(name, in: metadata)
        let end = metadata.size(of: volume)
        let device = try BlockFill(of: activeDevice(of: volume, metadata).path)
        switch wipe {
        case .zero: try device.zero(from: start, to: end, by: .writing, progress: progress)
        case .discard:
            do {
                try device.zero(from: start, to: end, by: .discarding, progress: progress)
            } catch {
                throw error.adding(
                    context: "where the disks of volume group \(group.name) promise no zeros after "
                        + "a discard, the tier needs 'wipe: zero'"
                )
            }
        case .none:
            // Where every known format has its marks: mkfs asks for proof that none is there.
            let edge = min(ByteCount.mebibytes(1), end - start)
            let none = Progress()
            try device.zero(from: start, to: start + edge, by: .writing, progress: none)
            try device.zero(from: end - edge, to: end, by: .writing, progress: none)
        }
        try device.synchronize()
    }

    func fresh(_ name: String, in metadata: VolumeGroupMetadata) throws(DriverError)
        -> LogicalVolume
    {
        guard let own = try own(name, in: metadata) else {
            throw DriverError(.unavailable, "\(group.name)/\(name) vanished while it was made")
        }
        return own.volume
    }
}

/// Copies.
extension LVMBackend {
    private func fill(
        _ record: VolumeRecord,
        from source: VolumeSource,
        _ options: ThickOptions,
        _ progress: Progress
    ) throws(DriverError) {
        let metadata = try group.metadata()
        let own = try self.source(source, in: metadata)
        let size = try sourceSize(source, own, in: metadata)
        guard size <= record.size else {
            throw DriverError(
                .unsupportedSize,
                "\(record.size) is too small for a copy of \(group.name)/\(own.volume.name), which "
                    + "has \(size)"
            )
        }
        try keepingStill(own, for: record.id, options, metadata) {
            (volume) throws(DriverError) in
            try refuseInvalid(volume)
            let from = try activeDevice(of: volume, group.metadata())
            try copy(from: from, size: size, to: record.id.text, progress)
            // A store that ran full while it was read has given wrong bytes.
            try refuseInvalid(volume)
        }
        try fillWithZeros(record.id.text, options.wipe, from: size, Progress())
    }

    private func sourceSize(
        _ source: VolumeSource,
        _ own: OwnVolume,
        in metadata: VolumeGroupMetadata
    ) throws(DriverError) -> ByteCount {
        switch source {
        case .volume: metadata.size(of: own.volume)
        case .snapshot(let id): try record(id, of: own).size
        }
    }

    private func copy(
        from source: MappedDevice,
        size: ByteCount,
        to name: String,
        _ progress: Progress
    ) throws(DriverError) {
        let metadata = try group.metadata()
        let target = try activeDevice(of: fresh(name, in: metadata), metadata)
        let device = try BlockFill(of: target.path)
        try device.copy(from: source.path, size: size, progress: progress)
        try device.synchronize()
    }

    /// Runs the body with what holds the source's bytes and does not change: the source itself, or
    /// a snapshot of it while somebody has it open.
    private func keepingStill(
        _ source: OwnVolume,
        for id: VolumeID,
        _ options: ThickOptions,
        _ metadata: VolumeGroupMetadata,
        _ body: (LogicalVolume) throws(DriverError) -> Void
    ) throws(DriverError) {
        let isOpen = try device(of: source.volume, metadata).map { $0.openCount > 0 } ?? false
        guard isOpen, metadata.snapshots[source.volume.name] == nil else {
            return try body(source.volume)
        }
        let name = Temporary.name(for: id)
        try making(name) { (hasBegun) throws(DriverError) in
            try group.change("lvcreate") { change throws(DriverError) in
                try clearWay(for: name, change)
                hasBegun = true
                var tags = Tags()
                tags.set(Fact.tier, tier)
                tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
                try cut(name, of: source.volume, options, tags, change)
            }
            let metadata = try group.metadata()
            try body(fresh(name, in: metadata))
        }
        try remove(name)
    }

    /// Cuts a copy-on-write snapshot; LVM freezes a mounted file system for that instant.
    func cut(
        _ name: String,
        of origin: LogicalVolume,
        _ options: ThickOptions,
        _ tags: Tags,
        _ change: GroupChange
    ) throws(DriverError) {
        let share = (origin.extents * options.snapshotReserve + 99) / 100
        try refuseWithoutRoom(for: share, .linear, change.metadata)
        try change.run(
            "lvcreate",
            [
                "--snapshot", "--name", name, "--extents", String(max(share, 1)),
                "--permission", "r",
            ] + tags.arguments + [change.path(origin.name)]
        )
    }

    /// Throws where a copy-on-write snapshot has lost its contents.
    func refuseInvalid(_ volume: LogicalVolume) throws(DriverError) {
        let metadata = try group.metadata()
        guard metadata.snapshots[volume.name] != nil else { return }
        let uuid = MappedVolume.uuid(of: volume.id, group: metadata.id)
        guard let target = try group.status(ofDevice: uuid).first, target.type == "snapshot"
        else { return }
        switch try SnapshotStatus(parsing: target.status) {
        case .valid, .unknown: return
        case .invalid, .overflow, .mergeFailed:
            throw DriverError(
                .hostFailure,
                "\(group.name)/\(volume.name) is invalid: more of its volume changed than its "
                    + "reserve could keep, so its contents are lost; delete it, and give the tier a "
                    + "larger 'snapshotReserve'"
            )
        }
    }
}

extension GroupChange {
    /// Makes an active volume whose bytes are not looked at.
    func allocate(_ name: String, extents: Int, layout: Layout, tags: Tags, on disks: [String] = [])
        throws(DriverError)
    {
        try run(
            "lvcreate",
            [
                "--name", name, "--extents", String(extents), "--zero", "n",
                "--wipesignatures", "n", "--activate", "y",
            ] + layout.arguments + tags.arguments + [group.name] + disks
        )
    }
}
