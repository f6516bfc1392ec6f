internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Host
internal import NodeStorage

extension NodeService {
    /// Bytes and inodes of a mounted volume, or the size of a block device.
    ///
    /// A file system that has given up is an error: figures alone would say that all is well, and
    /// CSI 1.13 takes away the volume condition. System calls only: this is asked for every volume
    /// each minute.
    func volumeStats(_ request: NodeGetVolumeStatsRequest) async throws(DriverError)
        -> NodeGetVolumeStatsResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        try RequestLimits.requirePath(request.volumePath, "volume_path")
        return try await operations.read(
            "NodeGetVolumeStats",
            holding: "statistics of \(request.volumePath)"
        ) { () throws(DriverError) in
            do throws(DriverError) {
                return try stats(of: request)
            } catch  where error.code != .notFound {
                // A file system that was shut down answers each question with an I/O error.
                throw fault(at: request) ?? error
            }
        }
    }

    private func stats(of request: NodeGetVolumeStatsRequest) throws(DriverError)
        -> NodeGetVolumeStatsResponse
    {
        let place = try VolumePlace(
            request.volumeID,
            path: request.volumePath,
            service: self
        )
        guard !place.isBlock else {
            let size = try place.size()
            return NodeGetVolumeStatsResponse(usage: [
                VolumeUsage(total: size.bytes, unit: .bytes)
            ])
        }
        if FilesystemFault.suspected(at: place.path, onDevice: place.device.path) {
            try FilesystemFault.refuse(place.volume.record.id, on: place.device)
        }
        return NodeGetVolumeStatsResponse(
            usage: Self.messages(try Filesystems.usage(at: place.path))
        )
    }

    /// The fault of the volume's file system at the path; nil where none is known.
    private func fault(at request: NodeGetVolumeStatsRequest) -> DriverError? {
        do throws(DriverError) {
            guard let id = VolumeID(parsing: request.volumeID) else { return nil }
            let volume = try tiers.existing(id, of: identity)
            try FilesystemFault.refuse(id, on: try volume.devices.current())
            return nil
        } catch {
            return error
        }
    }

    private static func messages(_ usage: FilesystemUsage) -> [VolumeUsage] {
        [
            VolumeUsage(
                available: usage.availableBytes.bytes,
                total: usage.totalBytes.bytes,
                used: usage.usedBytes.bytes,
                unit: .bytes
            ),
            VolumeUsage(
                available: usage.availableInodes,
                total: usage.totalInodes,
                used: usage.usedInodes,
                unit: .inodes
            ),
        ]
    }
}
