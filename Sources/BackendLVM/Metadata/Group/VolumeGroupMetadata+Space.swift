import DriverCore

extension VolumeGroupMetadata {
    /// The free extents of each disk that may get new data, also of full ones.
    func freeExtents() -> [(pv: String, extents: Int)] {
        let used = usedExtents()
        return physicalVolumes.filter(\.isUsable).map { disk in
            (disk.name, max(0, disk.extentCount - used[disk.name, default: 0]))
        }
    }

    /// The used extents of each disk, with those of hidden volumes.
    func usedExtents() -> [String: Int] {
        var used = [String: Int](
            physicalVolumes.map { ($0.name, 0) },
            uniquingKeysWith: { first, _ in first }
        )
        for volume in logicalVolumes.values {
            for segment in volume.segments {
                for area in segment.areas where used[area.holder] != nil {
                    used[area.holder, default: 0] += segment.extentsPerArea
                }
            }
        }
        return used
    }

    /// The bytes in so many extents, or the largest count where they would overflow.
    func size(ofExtents extents: Int) -> ByteCount {
        let (bytes, overflow) = Int64(extents).multipliedReportingOverflow(by: extentSize.bytes)
        return ByteCount(overflow ? .max : bytes)
    }

    func size(of volume: LogicalVolume) -> ByteCount { size(ofExtents: volume.extents) }

    /// The number of extents that such a size needs, rounded up.
    func extents(holding size: ByteCount) -> Int {
        let (full, rest) = size.bytes.quotientAndRemainder(dividingBy: extentSize.bytes)
        return Int(full) + (rest > 0 ? 1 : 0)
    }
}
