import DriverCore

extension VolumeGroupMetadata {
    /// The extents on disks that hold the volume's data, without the metadata of its RAID level.
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
