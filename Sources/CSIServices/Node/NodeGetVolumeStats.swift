internal import Backend
internal import CSIMessages
internal import DriverCore
internal import Host

extension NodeService {
    /// Bytes and inodes of a mounted volume, or the size of a block device.
    ///
    /// System calls only: this is asked for every volume each minute.
    func volumeStats(_ request: NodeGetVolumeStatsRequest) async throws(DriverError)
        -> NodeGetVolumeStatsResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        try RequestLimits.requirePath(request.volumePath, "volume_path")
        return try await operations.read(
            "NodeGetVolumeStats",
            holding: "statistics of \(request.volumePath)"
        ) { () throws(DriverError) in
            let place = try VolumePlace(
                request.volumeID,
                path: request.volumePath,
                service: self
            )
            guard !place.isBlock else {
                let size = try place.size()
                return NodeGetVolumeStatsResponse(usage: [
                    VolumeUsageMessage(total: size.bytes, unit: .bytes)
                ])
            }
            return NodeGetVolumeStatsResponse(
                usage: Self.messages(try Filesystems.usage(at: place.path))
            )
        }
    }

    private static func messages(_ usage: FilesystemUsage) -> [VolumeUsageMessage] {
        [
            VolumeUsageMessage(
                available: usage.availableBytes.bytes,
                total: usage.totalBytes.bytes,
                used: usage.usedBytes.bytes,
                unit: .bytes
            ),
            VolumeUsageMessage(
                available: usage.availableInodes,
                total: usage.totalInodes,
                used: usage.usedInodes,
                unit: .inodes
            ),
        ]
    }
}
