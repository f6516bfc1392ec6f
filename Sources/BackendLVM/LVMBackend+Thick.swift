import Backend
import DeviceMapper
import DriverCore
import Host

/// Thick volumes: made as `creating`, wiped or copied into, then marked `ready`.
extension LVMBackend {
    func makeThick(_ record: VolumeRecord, _ options: ThickOptions, _ progress: Progress)
        throws(DriverError)
    {
        let name = record.id.text
        try making(name, created: record.created) { (hasBegun) throws(DriverError) in
            try allocate(record, options, &hasBegun)
            if let source = record.source {
                try fill(record, from: source, options, progress)
            } else {
                let draft = Draft(name: name, created: record.created)
                try fillWithZeros(draft, options.wipe, from: .zero, progress)
            }
            try group.change("lvchange") { change throws(DriverError) in
                _ = try fresh(Draft(name: name, created: record.created), in: change.metadata)
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
            let change = try clearWay(for: record.id.text, change)
            let extents = change.metadata.extents(holding: record.size)
            try refuseWithoutRoom(for: extents, options.layout, change.metadata)
            hasBegun = true
            try change.allocate(
                record.id.text,
                extents: extents,
                layout: options.layout,
                tags: draft.tags,
                on: options.layout.isRedundant
                    ? change.metadata.devices(ofRoomiest: options.layout.width) : []
            )
        }
    }

    /// Makes the part of a volume after `start` read as zeros, as the wipe policy says.
    func fillWithZeros(
        _ draft: Draft,
        _ wipe: WipePolicy,
        from start: ByteCount,
        _ progress: Progress
    ) throws(DriverError) {
        let metadata = try group.metadata()
        try zero(fresh(draft, in: metadata), wipe, from: start, metadata, progress)
    }

    func zero(
        _ volume: LogicalVolume,
        _ wipe: WipePolicy,
        from start: ByteCount,
        _ metadata: VolumeGroupMetadata,
        _ progress: Progress
    ) throws(DriverError) {
        let end = metadata.size(of: volume)
        let device = try fillable(volume, metadata)
        switch wipe {
        case .zero: try device.zero(from: start, to: end, by: .writing, progress: progress)
        case .discard:
            do {
                try device.zero(from: start, to: end, by: .discarding, progress: progress)
            } catch {
                guard error.code == .unsupported else { throw error }
                throw DriverError(
                    .unavailable,
                    "the disks of volume group \(group.name) do not promise zeros after a discard: set "
                        + "'wipe: zero' for tier '\(tier)' (\(error.message))"
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

    /// The volume that this call is making; throws where it is gone, or was made by another driver.
    func fresh(_ draft: Draft, in metadata: VolumeGroupMetadata) throws(DriverError)
        -> LogicalVolume
    {
        guard let own = try own(draft.name, in: metadata), own.isHalfMade,
            own.isFrom(draft.created)
        else {
            throw DriverError(
                .operationPending,
                "another program changed \(group.name)/\(draft.name) while it was made: stop a second "
                    + "driver, if one runs on this node, and retry"
            )
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
        let draft = Draft(name: record.id.text, created: record.created)
        let size = try sourceSize(source, own, in: metadata)
        guard size <= record.size else {
            throw DriverError(
                .unsupportedSize,
                "\(record.size) is too small for a copy of \(group.name)/\(own.volume.name), which "
                    + "has \(size)"
            )
        }
        try keepingStill(own, for: record, options, metadata) {
            (volume) throws(DriverError) in
            try refuseInvalid(volume)
            let from = try held(volume, group.metadata())
            try copy(from: from, size: size, to: draft, progress)
            // A store that ran full while it was read has given wrong bytes.
            try refuseInvalid(volume)
        }
        try fillWithZeros(draft, options.wipe, from: size, Progress())
    }

    private func sourceSize(
        _ source: VolumeSource,
        _ own: OwnVolume,
        in metadata: VolumeGroupMetadata
    ) throws(DriverError) -> ByteCount {
        switch source {
        case .volume: metadata.size(of: own.volume)
        case .snapshot(let id): try record(id, of: own, in: metadata).size
        }
    }

    private func copy(
        from source: borrowing HeldDevice,
        size: ByteCount,
        to draft: Draft,
        _ progress: Progress
    ) throws(DriverError) {
        let metadata = try group.metadata()
        let device = try fillable(fresh(draft, in: metadata), metadata)
        try device.copy(from: source, size: size, progress: progress)
        try device.synchronize()
    }

    /// Runs the body with a volume that has the source's bytes and does not change.
    ///
    /// The source itself, or a snapshot of it if it is in use or may be: a published block device.
    private func keepingStill(
        _ source: OwnVolume,
        for record: VolumeRecord,
        _ options: ThickOptions,
        _ metadata: VolumeGroupMetadata,
        _ body: (LogicalVolume) throws(DriverError) -> Void
    ) throws(DriverError) {
        let isRaw = try source.tags.text(Fact.contents) == VolumeRecord.Contents.raw.rawValue
        let device = try device(of: source.volume, metadata)
        let mayChange = device.map { isRaw || $0.openCount > 0 } ?? false
        guard mayChange, metadata.snapshots[source.volume.name] == nil else {
            return try body(source.volume)
        }
        let name = Temporary.name(for: record.id)
        let draft = Draft(name: name, created: record.created)
        try making(name, created: record.created) { (hasBegun) throws(DriverError) in
            try group.change("lvcreate") { change throws(DriverError) in
                let change = try clearWay(for: name, change)
                hasBegun = true
                try cut(name, of: source.volume, options, tags(of: draft), change)
            }
            try body(fresh(draft, in: group.metadata()))
            try remove(name)
        }
    }

    /// The store of a snapshot needs one part in 256 for its table: 16 bytes for each 4 KiB.
    ///
    /// Source: struct disk_exception in drivers/md/dm-snap-persistent.c, and lvcreate's default of
    /// `--chunksize`.
    private static let snapshotTableShare = 256

    /// Cuts a copy-on-write snapshot; LVM freezes a mounted file system for that instant.
    func cut(
        _ name: String,
        of origin: LogicalVolume,
        _ options: ThickOptions,
        _ tags: Tags,
        _ change: GroupChange
    ) throws(DriverError) {
        let share = (origin.extents * options.snapshotReserve + 99) / 100
        let extents = share + share / Self.snapshotTableShare + 1
        try refuseWithoutRoom(for: extents, .linear, change.metadata)
        try change.run(
            "lvcreate",
            [
                "--snapshot", "--name", name, "--extents", String(extents),
                "--permission", "r",
            ] + tags.arguments + [change.path(origin.name)]
        )
    }

    /// Throws where a copy-on-write snapshot has lost its contents.
    func refuseInvalid(_ volume: LogicalVolume) throws(DriverError) {
        guard VolumeID(parsing: volume.name) == nil else { return }
        let metadata = try group.metadata()
        _ = try activeDevice(of: volume, metadata)
        let uuid = metadata.deviceUUID(of: volume)
        guard metadata.snapshots[volume.name] != nil,
            let target = try group.status(ofDevice: uuid).first, target.type == "snapshot"
        else {
            throw DriverError(
                .hostFailure,
                "\(group.name)/\(volume.name) is no longer a snapshot: it was split from its "
                    + "volume; delete it"
            )
        }
        switch try SnapshotStatus(parsing: target.status) {
        case .valid, .unknown: return
        case .invalid, .overflow, .mergeFailed:
            throw DriverError(
                .hostFailure,
                "snapshot \(group.name)/\(volume.name) is invalid and its data lost: its volume "
                    + "changed more than the snapshot's reserve; delete it, and give the tier a larger "
                    + "'snapshotReserve'"
            )
        }
    }
}

extension GroupChange {
    /// Makes an active volume and does not wipe it.
    ///
    /// `disks` are the only ones that it may lie on; none for all of the group's.
    func allocate(
        _ name: String,
        extents: Int,
        layout: Layout,
        tags: Tags,
        on disks: [String] = []
    ) throws(DriverError) {
        try run(
            "lvcreate",
            [
                "--name", name, "--extents", String(extents), "--zero", "n",
                "--wipesignatures", "n", "--activate", "y",
            ] + layout.arguments + tags.arguments + [group.name] + disks
        )
    }
}
