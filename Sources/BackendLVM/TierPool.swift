import DeviceMapper
import DriverCore

/// The thin pool of a tier, from the metadata of its group.
struct TierPool: Sendable {
    let volume: LogicalVolume
    let chunkSize: ByteCount
    let size: ByteCount

    var name: String { volume.name }
}

extension LVMBackend {
    /// The pool of this tier; throws `unavailable` where it does not exist, or does not zero new
    /// blocks.
    func pool(_ options: ThinOptions, _ metadata: VolumeGroupMetadata) throws(DriverError)
        -> TierPool
    {
        guard let volume = metadata.logicalVolumes[options.pool], let facts = volume.thinPool
        else {
            throw DriverError(
                .unavailable,
                "volume group \(group.name) has no thin pool \(options.pool): make it with cairn "
                    + "pool create, or correct 'thinPool' in the tiers file"
            )
        }
        guard facts.zeroesNewBlocks else {
            throw DriverError(
                .unavailable,
                "thin pool \(group.name)/\(options.pool) does not zero new blocks, so a volume could "
                    + "read what another one wrote: run lvchange --zero y "
                    + "\(group.name)/\(options.pool)"
            )
        }
        return TierPool(
            volume: volume,
            chunkSize: ByteCount(Int64(facts.chunkSectors) * 512),
            size: metadata.size(of: volume)
        )
    }

    /// The pool's fill levels; activates the pool where it is not active.
    ///
    /// Not for within a change.
    func openPool(_ options: ThinOptions) throws(DriverError) -> ThinPoolUsage {
        let metadata = try group.metadata()
        let pool = try pool(options, metadata)
        if let usage = try usageIfActive(of: pool, metadata) { return usage }
        // A disk that the pool does not lie on may be away; LVM looks after those that it needs.
        try group.change("lvchange", evenIncomplete: true) { change throws(DriverError) in
            try ensureActive(pool, change)
        }
        return try usage(of: pool, metadata)
    }

    /// Activates the pool where it is not active, unless an administrator has stopped it; within a
    /// change.
    func ensureActive(_ pool: TierPool, _ change: GroupChange) throws(DriverError) {
        guard try usageIfActive(of: pool, change.metadata) == nil else { return }
        try refuseStopped(pool, change.metadata)
        try group.refuseFiltered(pool.name, tags: pool.volume.tags, change.metadata)
        try change.runUnverified("lvchange", ["--activate", "y", change.path(pool.name)])
    }

    /// Throws `unavailable` where an administrator has stopped the pool, most likely for a repair.
    ///
    /// Either by LVM's flag "skip activation", or by activating only a part of the pool.
    func refuseStopped(_ pool: TierPool, _ metadata: VolumeGroupMetadata) throws(DriverError) {
        let path = "\(group.name)/\(pool.name)"
        guard !pool.volume.isSkippedByActivation else {
            throw DriverError(
                .unavailable,
                "thin pool \(path) is not active, since its flag 'skip activation' is set for a repair; "
                    + "when the repair is done, run lvchange --setactivationskip n \(path)"
            )
        }
        guard let facts = pool.volume.thinPool else { return }
        for (name, layer) in [
            (facts.metadata, MappedVolume.Layer.thinMetadata), (facts.data, .thinData),
        ] {
            guard let part = metadata.logicalVolumes[name],
                try DeviceMapper.device(uuid: metadata.deviceUUID(of: part, layer: layer)) != nil
            else { continue }
            throw DriverError(
                .unavailable,
                "thin pool \(path) is not active, but its part \(name) is, as in a repair; when the "
                    + "repair is done, run lvchange --activate n \(group.name)/\(name)"
            )
        }
    }

    /// Throws `unavailable` for a volume that is not in the tier's pool: the tiers file was changed
    /// since it was made.
    func refuseElsewhere(_ volume: LogicalVolume, than pool: TierPool) throws(DriverError) {
        guard volume.thin?.pool != pool.name else { return }
        throw DriverError(
            .unavailable,
            "\(group.name)/\(volume.name) is not in thin pool \(group.name)/\(pool.name) of tier "
                + "\(tier): restore the tier in the tiers file, and add another tier for new volumes"
        )
    }

    func usage(of pool: TierPool, _ metadata: VolumeGroupMetadata) throws(DriverError)
        -> ThinPoolUsage
    {
        guard let usage = try usageIfActive(of: pool, metadata) else {
            throw DriverError(
                .unavailable,
                "thin pool \(group.name)/\(pool.name) is not active, although LVM reported success: "
                    + "run lvchange --activate y \(group.name)/\(pool.name), and see its output"
            )
        }
        return usage
    }

    /// The fill levels of an active pool; throws `unavailable` where it is read-only or has failed.
    func usageIfActive(of pool: TierPool, _ metadata: VolumeGroupMetadata)
        throws(DriverError) -> ThinPoolUsage?
    {
        let uuid = metadata.deviceUUID(of: pool.volume, layer: .thinPool)
        guard let target = try group.status(ofDevice: uuid).first else { return nil }
        let path = "\(group.name)/\(pool.name)"
        guard target.type == "thin-pool" else {
            throw DriverError(.unavailable, "\(path) is a \(target.type) target, not a thin pool")
        }
        switch try ThinPoolStatus(parsing: target.status) {
        case .failed, .unreadable:
            throw DriverError(
                .unavailable,
                "thin pool \(path) has failed: see the kernel log, bring its disks back, and run "
                    + "cairn pool repair"
            )
        case .working(let usage):
            if let reason = refusal(of: usage) {
                throw DriverError(.unavailable, "thin pool \(path) \(reason)")
            }
            return usage
        }
    }

    private func refusal(of usage: ThinPoolUsage) -> String? {
        if usage.needsCheck {
            return
                "needs a check after a failed write of its metadata: unmount its volumes and run "
                + "cairn pool repair"
        }
        guard usage.mode == .readOnly else { return nil }
        return "is read-only because its metadata is full or could not be written: run cairn pool "
            + "extend --metadata, or cairn pool repair"
    }
}
