import DriverCore

extension VolumeGroupMetadata {
    /// Where the data of a volume lies on the disks; without what its RAID level keeps beside it.
    func dataExtents(of volume: LogicalVolume) -> [(disk: PhysicalVolume, extents: Range<Int>)] {
        let disks = Dictionary(
            physicalVolumes.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        return volume.segments.flatMap { segment -> [(disk: PhysicalVolume, extents: Range<Int>)] in
            if case .raid(let raid) = segment.kind {
                return raid.legs.compactMap { logicalVolumes[$0.data] }.flatMap(dataExtents)
            }
            return segment.areas.compactMap { area in
                disks[area.holder].map { ($0, area.start..<area.start + segment.extentsPerArea) }
            }
        }
    }
}
