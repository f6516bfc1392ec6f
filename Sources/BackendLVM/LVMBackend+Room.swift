package import Backend
import DeviceMapper
package import DriverCore

/// The capacity of the tier, and refusals of new volumes.
extension LVMBackend {
    package func capacity() throws(DriverError) -> TierCapacity {
        switch provisioning {
        case .thick(let options): return thickCapacity(options.layout, try group.metadata())
        case .thin(let options):
            let metadata = try group.metadata()
            let pool = try pool(options, metadata)
            // How full a pool is that is not active is seen when a create has activated it.
            let usage = try usageIfActive(of: pool, metadata)
            if usage == nil { try refuseStopped(pool, metadata) }
            let room = thinRoom(pool, usage, options, metadata)
            let isChangeable = isChangeable(metadata)
            let available =
                room.isLow || !isChangeable
                ? .zero : room.available.roundedDown(toMultipleOf: sizeUnit)
            return TierCapacity(
                total: room.total,
                available: available,
                maximumVolumeSize: available
            )
        }
    }

    /// The size that the tier's volumes may have together, from the metadata alone; nil where it
    /// cannot be read.
    package func total() -> ByteCount? {
        guard let metadata = try? group.metadata() else { return nil }
        switch provisioning {
        case .thick(let options): return thickCapacity(options.layout, metadata).total
        case .thin(let options):
            return (try? pool(options, metadata)).map { thinTotal($0, options) }
        }
    }

    /// The metadata area that must stay free, so that existing volumes can still be changed.
    private static let metadataReserve = ByteCount.kibibytes(16)

    /// Whether new volumes can be made at all.
    private func isChangeable(_ metadata: VolumeGroupMetadata) -> Bool {
        (try? group.refuseIncomplete(metadata)) != nil && (try? refuseFiltered(metadata)) != nil
            && !isFull(metadata) && group.trouble == nil
    }

    /// Throws `unavailable` where LVM would make volumes but not activate them.
    func refuseFiltered(_ metadata: VolumeGroupMetadata) throws(DriverError) {
        try group.refuseFiltered(VolumeID.prefix, tags: [Tags.mark], metadata)
    }

    private func isFull(_ metadata: VolumeGroupMetadata) -> Bool {
        metadata.metadataSpace.map { $0.free < Self.metadataReserve } ?? false
    }

    /// Throws where the group's metadata area has hardly any room left.
    private func refuseFullMetadata(_ metadata: VolumeGroupMetadata) throws(DriverError) {
        guard isFull(metadata), let room = metadata.metadataSpace?.free else { return }
        throw DriverError(
            .outOfSpace,
            "the metadata area of volume group \(group.name) is nearly full (\(room) left), and "
                + "the rest is kept for existing volumes; remove volumes or snapshots, or make a "
                + "group with a larger area (pvcreate --metadatasize 32m)"
        )
    }
}

/// Thick.
extension LVMBackend {
    func refuseWithoutRoom(
        for extents: Int,
        _ layout: Layout,
        _ metadata: VolumeGroupMetadata
    ) throws(DriverError) {
        try refuseFullMetadata(metadata)
        try refuseFiltered(metadata)
        let free = metadata.freeExtents().map(\.extents)
        try refuseFewDisks(layout, free)
        let left = free.reduce(0, +) - reservedExtents(metadata)
        let room = min(layout.mostExtents(in: free), data(in: max(0, left), layout))
        guard extents > room || layout.extents(for: extents) > left else { return }
        throw DriverError(
            .outOfSpace,
            "tier \(tier) has no room: \(metadata.size(ofExtents: extents)) requested, "
                + "\(metadata.size(ofExtents: room)) available in volume group \(group.name); delete "
                + "volumes or snapshots, or add a disk (vgextend)"
        )
    }

    private func refuseFewDisks(_ layout: Layout, _ free: [Int]) throws(DriverError) {
        let usable = free.count { $0 > 0 }
        guard usable < layout.width, layout.width > 1 else { return }
        throw DriverError(
            .outOfSpace,
            "tier \(tier) has no room for a volume of layout \(layout): it needs \(layout.width) "
                + "disks with room, but only \(usable) of \(free.count) disks of volume group "
                + "\(group.name) have room; add disks (vgextend)"
        )
    }

    private func thickCapacity(_ layout: Layout, _ metadata: VolumeGroupMetadata) -> TierCapacity {
        let all = metadata.physicalVolumes.filter(\.isUsable).map(\.extentCount)
        let free = metadata.freeExtents().map(\.extents)
        let reserved = reservedExtents(metadata)
        let left = data(in: max(0, free.reduce(0, +) - reserved), layout)
        let available = isChangeable(metadata) ? min(layout.room(in: free), left) : 0
        let total = min(
            layout.room(in: all),
            data(in: max(0, all.reduce(0, +) - reserved), layout)
        )
        let largest = min(layout.largest(in: free), available)
        return TierCapacity(
            total: metadata.size(ofExtents: total),
            available: metadata.size(ofExtents: available),
            maximumVolumeSize: metadata.size(ofExtents: largest)
        )
    }

    private func data(in extents: Int, _ layout: Layout) -> Int {
        extents / layout.width * layout.stripes
    }

    private func reservedExtents(_ metadata: VolumeGroupMetadata) -> Int {
        let all = metadata.physicalVolumes.filter(\.isUsable).reduce(0) { $0 + $1.extentCount }
        return metadata.extents(holding: reserve.amount(of: metadata.size(ofExtents: all)))
    }
}

/// Thin.
extension LVMBackend {
    struct ThinRoom {
        let total: ByteCount
        /// The size that may still be promised.
        let available: ByteCount
        /// Why no new volume is made although room may be promised; nil where nothing is low.
        let shortage: String?

        var isLow: Bool { shortage != nil }
    }

    /// Below these shares of free data and metadata, in percent, new volumes are refused, even if
    /// the tier reserves less: existing volumes need the rest.
    private static let leastFreeData: Int64 = 5
    private static let leastFreeMetadata: UInt64 = 10

    func refuseWithoutRoom(
        for promised: ByteCount,
        in pool: TierPool,
        _ options: ThinOptions,
        _ metadata: VolumeGroupMetadata
    ) throws(DriverError) {
        try refuseFullMetadata(metadata)
        try refuseFiltered(metadata)
        let room = thinRoom(pool, try usage(of: pool, metadata), options, metadata)
        if let shortage = room.shortage { throw DriverError(.outOfSpace, shortage) }
        guard promised > room.available else { return }
        throw DriverError(
            .outOfSpace,
            "tier \(tier) has no room: \(promised) requested, \(room.available) of \(room.total) "
                + "not promised yet; delete volumes or snapshots, enlarge the pool (cairn pool "
                + "extend), or raise 'overcommit'"
        )
    }

    func thinRoom(
        _ pool: TierPool,
        _ usage: ThinPoolUsage?,
        _ options: ThinOptions,
        _ metadata: VolumeGroupMetadata
    ) -> ThinRoom {
        let total = thinTotal(pool, options)
        return ThinRoom(
            total: total,
            available: total - promised(in: pool, metadata),
            shortage: usage.flatMap { shortage(of: pool, $0, reserve.amount(of: pool.size)) }
        )
    }

    private func thinTotal(_ pool: TierPool, _ options: ThinOptions) -> ByteCount {
        (pool.size - reserve.amount(of: pool.size)).overcommitted(options.overcommit)
    }

    /// The sizes of all volumes of the pool, and what its snapshots held when they were cut;
    /// volumes that are not Cairn's count in full.
    private func promised(in pool: TierPool, _ metadata: VolumeGroupMetadata) -> ByteCount {
        metadata.thinVolumes(ofPool: pool.name).reduce(.zero) { sum, volume in
            let size = metadata.size(of: volume)
            guard volume.name.hasBytePrefix(SnapshotID.prefix) else { return sum + size }
            let held = try? Tags(reading: volume.tags)?.byteCount(Fact.held)
            return sum + min(size, held ?? size)
        }
    }

    private func shortage(of pool: TierPool, _ usage: ThinPoolUsage, _ kept: ByteCount) -> String? {
        let chunk = pool.chunkSize.bytes
        let free = ByteCount(Int64(usage.totalDataBlocks - usage.usedDataBlocks) * chunk)
        let least = max(kept, ByteCount(pool.size.bytes / 100 * Self.leastFreeData))
        let name = "thin pool \(group.name)/\(pool.name)"
        if free < least || usage.mode == .outOfDataSpace {
            return
                "\(name) is nearly full: \(free) of its data is free, of which \(least) are kept "
                + "for existing volumes; delete volumes or snapshots, or run cairn pool extend"
        }
        let freeMetadata = usage.totalMetadataBlocks - usage.usedMetadataBlocks
        guard freeMetadata * 100 < usage.totalMetadataBlocks * Self.leastFreeMetadata else {
            return nil
        }
        return "the metadata of \(name) is nearly full: \(freeMetadata) of "
            + "\(usage.totalMetadataBlocks) blocks are free; run cairn pool extend --metadata"
    }
}
