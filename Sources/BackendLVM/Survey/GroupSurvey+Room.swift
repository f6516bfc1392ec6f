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
            if free == 0 {
                problem("room", found, "delete volumes or snapshots, or add a disk (vgextend)")
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
            return note("thin pool \(path)", "not active", "the driver's start activates it")
        }
        examineLevel("data of \(path)", usage.usedDataBlocks, usage.totalDataBlocks, "")
        examineLevel(
            "metadata of \(path)",
            usage.usedMetadataBlocks,
            usage.totalMetadataBlocks,
            " --metadata"
        )
        if usage.queuesWhenFull {
            note(
                "thin pool \(path)",
                "writes wait for a minute where it is full, then fail",
                "lvchange --errorwhenfull y \(path) makes them fail at once"
            )
        }
        if !usage.passesDiscardsDown {
            note("thin pool \(path)", "what volumes discard is not passed on to its disks")
        }
    }

    private static let highPercent = UInt64(80)

    private mutating func examineLevel(
        _ what: String,
        _ used: UInt64,
        _ total: UInt64,
        _ option: String
    ) {
        let percent = used * 100 / max(total, 1)
        guard percent >= Self.highPercent else { return good(what, "\(percent)% full") }
        problem(
            what,
            "\(percent)% full: writes to its volumes fail when it is full",
            "cairn pool extend\(option), or delete volumes and snapshots"
        )
    }

    private static func mebibytes(_ size: ByteCount) -> String { "\(size.bytes >> 20) MiB" }
}
