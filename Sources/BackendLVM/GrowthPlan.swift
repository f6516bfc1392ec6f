import DriverCore

/// The extents for the growth of a thick volume, which a temporary volume takes first.
struct GrowthPlan: Sendable, Hashable {
    let extents: Int
    /// The layout of the temporary volume, which has a stripe for each leg of a RAID.
    let layout: Layout
    /// The disks that the extents must come from, by name; none where LVM chooses.
    let disks: [String]
}

extension LVMBackend {
    /// The plan for a growth; throws `outOfSpace` where there is none.
    func growthPlan(
        of volume: LogicalVolume,
        to size: ByteCount,
        _ metadata: VolumeGroupMetadata
    ) throws(DriverError) -> GrowthPlan {
        let layout = try layout(of: volume)
        let more = metadata.extents(holding: size) - volume.extents
        let each = (more + layout.stripes - 1) / layout.stripes
        guard let raid = volume.raid else {
            try refuseWithoutRoom(for: more, layout, metadata)
            return GrowthPlan(extents: more, layout: layout, disks: [])
        }
        let plan = GrowthPlan(
            extents: each * layout.width,
            layout: Layout(stripes: layout.width),
            disks: layout.isRedundant ? metadata.disks(forLegsOf: raid, each: each) ?? [] : []
        )
        try refuseWithoutRoom(for: plan.extents, plan.layout, metadata)
        guard layout.isRedundant, plan.disks.isEmpty else { return plan }
        throw DriverError(
            .outOfSpace,
            "tier \(tier) has no room to grow \(group.name)/\(volume.name) (\(layout)): it needs "
                + "\(metadata.size(ofExtents: each)) on each disk where a leg ends now, or on "
                + "\(layout.width) disks without a part of it; add disks (vgextend)"
        )
    }
}

extension VolumeGroupMetadata {
    /// The disks on which the legs of a RAID can grow by that many extents each; nil where there
    /// are none.
    ///
    /// Each leg stays on its disk, or all of them go to others. LVM sees to it that what it adds to
    /// several legs at a time lies on several disks, but not that the new part of one leg stays off
    /// the disk of another, which it puts it on where some can stay and some cannot.
    func disks(forLegsOf raid: RAID, each extents: Int) -> [String]? {
        let legs = raid.legs.map(\.data)
        let own = legs.compactMap { logicalVolumes[$0]?.segments.last?.areas.last?.holder }
        let roomy = roomiestDisks().filter { $0.extents >= extents }.map(\.pv)
        if own.count == legs.count, Set(own).count == legs.count, Set(own).isSubset(of: roomy) {
            return own
        }
        let taken = Set(legs.flatMap(disks(beneath:)).map(\.name))
        let others = roomy.filter { !taken.contains($0) }.prefix(legs.count)
        return others.count == legs.count ? Array(others) : nil
    }

    /// One disk for each leg of a new RAID.
    ///
    /// Given more, LVM may lay parts of two legs on one disk, whose loss would take both.
    func devices(ofRoomiest count: Int) -> [String] {
        devices(of: roomiestDisks().prefix(count).map(\.pv))
    }

    private func roomiestDisks() -> [(pv: String, extents: Int)] {
        freeExtents().sorted { ($0.extents, $1.pv) > ($1.extents, $0.pv) }
    }

    /// The devices of disks, in the same order, without those that cannot be found.
    func devices(of disks: [String]) -> [String] {
        disks.compactMap { name in physicalVolumes.first { $0.name == name }?.device }
    }
}
