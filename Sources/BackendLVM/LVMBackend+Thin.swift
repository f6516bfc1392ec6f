import Backend
import DeviceMapper
import DriverCore
import Host

/// Thin volumes: one command makes a complete volume with all its tags.
extension LVMBackend {
    func makeThin(_ record: VolumeRecord, _ options: ThinOptions) throws(DriverError) {
        let name = record.id.text
        try making(name, created: record.created) { (hasBegun) throws(DriverError) in
            try group.change("lvcreate") { change throws(DriverError) in
                let change = try clearWay(for: name, change)
                let pool = try pool(options, change.metadata)
                try ensureActive(pool, change)
                try refuseWithoutRoom(for: record.size, in: pool, options, change.metadata)
                hasBegun = true
                guard let source = record.source else {
                    return try change.run("lvcreate", arguments(for: record, pool, change))
                }
                try copyThin(record, from: source, in: pool, change)
            }
        }
    }

    private func arguments(for record: VolumeRecord, _ pool: TierPool, _ change: GroupChange)
        -> [String]
    {
        [
            "--name", record.id.text, "--virtualsize", "\(record.size.bytes)b",
            "--thinpool", change.path(pool.name),
        ] + record.tags.arguments
    }

    /// Makes a thin snapshot of the source, which is independent of it.
    private func copyThin(
        _ record: VolumeRecord,
        from source: VolumeSource,
        in pool: TierPool,
        _ change: GroupChange
    ) throws(DriverError) {
        let origin = try self.source(source, in: change.metadata).volume
        try refuseElsewhere(origin, than: pool)
        let size = change.metadata.size(of: origin)
        guard size <= record.size else {
            throw DriverError(
                .unsupportedSize,
                "\(record.size) is too small for a copy of \(change.path(origin.name)), which has "
                    + "\(size)"
            )
        }
        var draft = record
        // One that has still to grow is not whole yet.
        draft.state = size == record.size ? .ready : .creating
        try change.run(
            "lvcreate",
            [
                "--snapshot", "--name", record.id.text, "--permission", "rw",
                "--setactivationskip", "n", "--activate", "y",
            ] + draft.tags.arguments + [change.path(origin.name)]
        )
        guard draft.state == .creating else { return }
        try change.run(
            "lvextend",
            ["--size", "\(record.size.bytes)b", change.path(record.id.text)]
        )
        try change.markReady(record.id.text)
    }

    /// The source of a copy.
    func source(_ source: VolumeSource, in metadata: VolumeGroupMetadata) throws(DriverError)
        -> OwnVolume
    {
        switch source {
        case .volume(let id):
            let own = try required(id, in: metadata)
            try refuseShort(own, metadata)
            return own
        case .snapshot(let id): return try required(id, in: metadata)
        }
    }

    /// LVM freezes a mounted file system for the instant of the cut.
    func cutThin(
        _ record: SnapshotRecord,
        of own: OwnVolume,
        _ options: ThinOptions,
        _ change: GroupChange
    ) throws(DriverError) {
        let pool = try pool(options, change.metadata)
        try refuseElsewhere(own.volume, than: pool)
        try ensureActive(pool, change)
        let held = try held(by: own.volume, change.metadata)
        try refuseWithoutRoom(for: held, in: pool, options, change.metadata)
        try change.run(
            "lvcreate",
            [
                "--snapshot", "--name", record.id.text, "--permission", "r",
                "--setactivationskip", "n", "--activate", "n",
            ] + record.tags(held: held).arguments + [change.path(own.volume.name)]
        )
    }

    /// How much of a thin volume is written; all of it where the kernel does not report it.
    private func held(by volume: LogicalVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> ByteCount
    {
        let targets = try group.status(ofDevice: metadata.deviceUUID(of: volume))
        guard let target = targets.first, target.type == "thin",
            case .mapped(let sectors) = try ThinStatus(parsing: target.status)
        else { return metadata.size(of: volume) }
        return ByteCount(Int64(sectors) * 512)
    }
}

extension LVMBackend {
    /// Delivers thin-pool messages left pending by a killed command or a power cut; does nothing
    /// when there are none.
    ///
    /// A volume of which the pool does not know is there by its group, with all its tags, and cannot
    /// be activated. LVM tells the pool before it makes the next volume, and not when it activates
    /// one: so one is made, and removed.
    func deliverMessages(_ options: ThinOptions, _ change: GroupChange) throws(DriverError) {
        let pool = change.metadata.logicalVolumes[options.pool]?.thinPool
        guard pool?.hasMessages == true else { return }
        let draft = Draft(name: Temporary.messenger, created: WallClock.now())
        let change = try clearWay(for: draft.name, change)
        try change.run(
            "lvcreate",
            [
                "--name", draft.name, "--virtualsize", "\(change.metadata.extentSize.bytes)b",
                "--thinpool", change.path(options.pool), "--activate", "n",
            ] + tags(of: draft).arguments
        )
        try change.remove(draft.name, inState: .creating)
    }
}

extension GroupChange {
    func markReady(_ name: String) throws(DriverError) {
        let (old, new) = (VolumeRecord.State.creating, VolumeRecord.State.ready)
        try replaceTag(Fact.state, old.rawValue, with: new.rawValue, of: name)
    }
}
