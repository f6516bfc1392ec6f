internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Host
internal import NodeStorage

extension NodeService {
    /// Grows the device and the mounted file system to the volume's size.
    func expandVolume(_ request: NodeExpandVolumeRequest) async throws(DriverError)
        -> NodeExpandVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        try RequestLimits.requirePath(request.volumePath, "volume_path")
        let range = try SizeRange(request.capacityRange)
        let size = try await operations.run(
            "NodeExpandVolume",
            holding: [.exclusive(volumeID(of: request.volumeID).text)]
        ) { (_) throws(DriverError) in
            let place = try VolumePlace(request.volumeID, path: request.volumePath, service: self)
            return try expand(place, to: range)
        }
        return NodeExpandVolumeResponse(capacityBytes: size.bytes)
    }

    private func expand(_ place: VolumePlace, to range: SizeRange) throws(DriverError) -> ByteCount
    {
        let record = place.volume.record
        guard range.required <= record.size else {
            throw DriverError(
                .unsupportedSize,
                "volume \(record.id) has \(record.size), less than \(range.required); expand it with "
                    + "ControllerExpandVolume first"
            )
        }
        // Repairs a device that an interrupted expansion left at its old size.
        _ = try place.volume.devices.grow(to: record.size)
        guard !place.isBlock, let type = record.filesystem else { return record.size }
        guard !place.isReadOnly else {
            throw DriverError(
                .inUse,
                "volume \(record.id) is mounted read-only at \(place.path); grow its file system "
                    + "where it is mounted writable"
            )
        }
        try Filesystems.grow(mountedAt: place.path, type: type)
        try Failpoint.pass(.expandFilesystemGrown)
        return record.size
    }
}
