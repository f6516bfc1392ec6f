package import Backend
import DeviceMapper
package import DriverCore
package import Logging
import Synchronization

/// A tier whose volumes are logical volumes of one volume group.
///
/// The group is the database: what Cairn knows of a volume is in the name and the tags of its
/// logical volume. What carries no tag of Cairn is never changed.
package final class LVMBackend: VolumeBackend {
    package let tier: String
    let group: VolumeGroup
    let provisioning: Provisioning
    let reserve: Reserve
    let keys: HeldKeys
    /// The directory of the host that records which groups served the tier; nil where nothing is
    /// recorded.
    let stateFolder: String?
    let logger: Logger
    let repairFigures = Mutex(RepairFigures())
    private let starting = Mutex(())
    /// As ``start()`` found it; LVM's own default before.
    private let extentSize: Mutex<ByteCount>

    /// A tier in a volume group; reads and changes nothing before ``start()``.
    package init(
        tier: String,
        group: VolumeGroup,
        provisioning: Provisioning,
        reserve: Reserve,
        stateFolder: String? = nil,
        logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "tier"] = "\(tier)"
        self.tier = tier
        self.group = group
        self.provisioning = provisioning
        self.reserve = reserve
        self.stateFolder = stateFolder
        self.logger = logger
        keys = HeldKeys()
        extentSize = Mutex(.mebibytes(4))
    }

    /// The same tier with another way to allocate room.
    private init(_ other: LVMBackend, _ provisioning: Provisioning) {
        tier = other.tier
        group = other.group
        self.provisioning = provisioning
        reserve = other.reserve
        stateFolder = other.stateFolder
        logger = other.logger
        keys = other.keys
        extentSize = Mutex(other.extentSize.withLock { $0 })
    }

    package func tailored(to wish: any Tailoring) throws(DriverError) -> any VolumeBackend {
        guard let layout = wish as? Layout else { throw wish.refusal }
        switch provisioning {
        case .thin(let options):
            throw DriverError(
                .outOfSpace,
                "its volumes are in the thin pool \(group.name)/\(options.pool) and have the layout "
                    + "of the pool: the parameters raid, stripes and stripeSize are for tiers "
                    + "without a thin pool"
            )
        case .thick(let options):
            try refuseLongNames(of: layout, .outOfSpace)
            try refuseLargeStripes(layout, .outOfSpace, extentSize.withLock { $0 })
            guard options.wipe.suits(layout) else {
                throw DriverError(
                    .outOfSpace,
                    "it wipes its volumes by discards (wipe: discard), after which RAID promises no "
                        + "zeros: leave out the parameter raid, or take another tier"
                )
            }
            return LVMBackend(self, .thick(options.laidOut(layout)))
        }
    }

    package var isThick: Bool {
        switch provisioning {
        case .thick: true
        case .thin: false
        }
    }

    package var sizeUnit: ByteCount {
        let extent = extentSize.withLock { $0 }
        return switch provisioning {
        case .thick(let options): ByteCount(extent.bytes * Int64(options.layout.stripes))
        case .thin: extent
        }
    }

    package func sizeUnit(of id: VolumeID) throws(DriverError) -> ByteCount {
        guard case .thick = provisioning else { return sizeUnit }
        let metadata = try group.metadata()
        let layout = try layout(of: required(id, in: metadata).volume)
        return metadata.size(ofExtents: layout.stripes)
    }

    package func start() throws(DriverError) {
        try starting.withLock { _ throws(DriverError) in
            try DeviceMapper.checkAvailable()
            try group.refuseStrayCommand()
            try refuseLongNames(of: ownLayout)
            // Clones and old disks are searched for here, and LVM's configuration is read anew.
            let metadata = try group.searchedMetadata()
            keepState(of: metadata)
            _ = try group.activationFilter(isFresh: true)
            extentSize.withLock { $0 = metadata.extentSize }
            var look = RepairFigures()
            // First: whoever asks a suspended pool may wait for it.
            resumeSuspended(&look)
            switch provisioning {
            case .thick(let options): try refuseUnfit(options, metadata)
            case .thin(let options): _ = try openPool(options)
            }
            try removeLeftovers(&look)
            reportUnexplained(&look)
            conclude(look)
        }
    }

    /// Records that the group may have volumes of the tier, before there is one.
    private func keepState(of metadata: VolumeGroupMetadata) {
        guard let stateFolder else { return }
        let file = GroupStateFile(folder: stateFolder, tier: tier, uuid: metadata.id)
        do throws(DriverError) {
            try file.keep(GroupState(tier: tier, uuid: metadata.id, group: group.name))
        } catch {
            // The volumes that are there must not wait for this.
            logger.warning(
                "cannot record the tier's volume group: delete the volumes before you take the tier out",
                metadata: ["file": "\(file.path)", "reason": "\(error.message)"]
            )
        }
    }

    /// Leaves volumes alone whose keys running calls hold.
    package func rescan() throws(DriverError) { try start() }

    package func checkHealth() throws(DriverError) {
        let metadata = try group.metadata()
        guard case .thin(let options) = provisioning else { return }
        let pool = try pool(options, metadata)
        // One that is not active is activated when something of it is needed.
        if try usageIfActive(of: pool, metadata) == nil { try refuseStopped(pool, metadata) }
    }

    private func refuseUnfit(_ options: ThickOptions, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        try refuseLargeStripes(options.layout, .unavailable, metadata.extentSize)
        // One that is away stops what needs it, not the volumes that can do without.
        let disks = metadata.physicalVolumes.count
        guard disks >= options.layout.width else {
            throw DriverError(
                .unavailable,
                "tier \(tier) needs \(options.layout.width) disks for a volume, and volume group "
                    + "\(group.name) has \(disks): add disks (vgextend), or change 'createOptions'"
            )
        }
    }

    /// Throws where stripes are larger than an extent: LVM would silently make them smaller.
    private func refuseLargeStripes(
        _ layout: Layout,
        _ code: DriverError.Code,
        _ extent: ByteCount
    ) throws(DriverError) {
        guard let size = layout.stripeSize, size > extent else { return }
        throw DriverError(
            code,
            "stripeSize \(size) is larger than an extent of volume group \(group.name) "
                + "(\(extent)): use a smaller one"
        )
    }
}

/// How the tier allocates room for its volumes.
package enum Provisioning: Sendable, Hashable {
    /// Every extent at once.
    case thick(ThickOptions)
    /// From a thin pool, as it is written.
    case thin(ThinOptions)
}

package struct ThickOptions: Sendable, Hashable {
    package let wipe: WipePolicy
    /// The store of a snapshot, in percent of its volume's size: 1...100.
    package let snapshotReserve: Int
    package let layout: Layout

    package init(wipe: WipePolicy = .zero, snapshotReserve: Int = 20, layout: Layout = .linear) {
        self.wipe = wipe
        self.snapshotReserve = snapshotReserve
        self.layout = layout
    }

    func laidOut(_ layout: Layout) -> ThickOptions {
        ThickOptions(wipe: wipe, snapshotReserve: snapshotReserve, layout: layout)
    }
}

package struct ThinOptions: Sendable, Hashable {
    /// The name of the thin pool, which the administrator manages.
    package let pool: String
    /// How many times the pool's room may be promised.
    package let overcommit: Double

    package init(pool: String, overcommit: Double = 1) {
        self.pool = pool
        self.overcommit = overcommit
    }
}
