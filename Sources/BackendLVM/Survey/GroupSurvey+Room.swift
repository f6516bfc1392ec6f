import Backend
import DeviceMapper
import DriverCore

/// How full the tier is.
extension GroupSurvey {
    mutating func examineRoom(_ metadata: VolumeGroupMetadata) throws(DriverError) {
        switch backend.provisioning {
        case .thick:
            let free = metadata.freeExtents().reduce(0) { $0 + $1.extents }
            let all = metadata.physicalVolumes.reduce(0) { $0 + $1.extentCount }
            let found =
                "\(Self.mebibytes(metadata.size(ofExtents: free))) of "
                + "\(Self.mebibytes(metadata.size(ofExtents: all))) free in the group"
            levels[.data] = 1 - Double(free) / Double(max(all, 1))
            if free == 0 {
                problem(
                    .full,
                    "room",
                    found,
                    "delete volumes or snapshots, or add a disk (vgextend)"
                )
            } else {
                good("room", found)
            }
        case .thin(let options):
            let pool = try backend.pool(options, metadata)
            try examine(pool, metadata)
        }
    }

    private mutating func examine(_ pool: TierPool, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        let path = "\(group)/\(pool.name)"
        guard let usage = try backend.usageIfActive(of: pool, metadata) else {
            return examineInactive(pool, metadata)
        }
        examineLevel(.data, "data of \(path)", usage.usedDataBlocks, usage.totalDataBlocks, "")
        examineLevel(
            .poolMetadata,
            "metadata of \(path)",
            usage.usedMetadataBlocks,
            usage.totalMetadataBlocks,
            " --metadata"
        )
        if usage.queuesWhenFull {
            note(
                "thin pool \(path)",
                "when it is full, writes wait for a minute, then fail",
                "lvchange --errorwhenfull y \(path) makes them fail at once"
            )
        }
        if !usage.passesDiscardsDown {
            note("thin pool \(path)", "discards of volumes are not passed on to the disks")
        }
    }

    private static let highPercent = UInt64(80)

    private mutating func examineLevel(
        _ store: TierHealth.Store,
        _ what: String,
        _ used: UInt64,
        _ total: UInt64,
        _ option: String
    ) {
        levels[store] = Double(used) / Double(max(total, 1))
        let percent = used * 100 / max(total, 1)
        guard percent >= Self.highPercent else { return good(what, "\(percent)% full") }
        problem(
            .full,
            what,
            "\(percent)% full: writes to its volumes fail when it is full",
            "cairn pool extend\(option), or delete volumes and snapshots"
        )
    }

    private static func mebibytes(_ size: ByteCount) -> String { "\(size.bytes >> 20) MiB" }
}
