internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    /// Grows the storage of a volume; does nothing where it is large enough.
    ///
    /// The node grows the file system afterwards. It is asked to every time, since only the node
    /// knows whether it has done so; doing it twice is harmless.
    package func expandVolume(_ request: ControllerExpandVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> ControllerExpandVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        guard let range = request.capacityRange else {
            throw DriverError(.invalidRequest, "capacity_range is missing")
        }
        let wanted = try SizeRange(range)
        guard wanted.required > .zero || wanted.limit != nil else {
            throw DriverError(.invalidRequest, "capacity_range has no size")
        }
        let access = try request.volumeCapability.map(VolumeAccess.init)
        let record = try await operations.run(
            "ControllerExpandVolume",
            holding: [.exclusive(request.volumeID)]
        ) { (_) throws(DriverError) in
            try expand(try tiers.existing(volume: request.volumeID, of: identity), to: wanted)
        }
        let isBlock = access?.isBlock ?? record.capabilities.allSatisfy(\.isBlock)
        return ControllerExpandVolumeResponse(
            capacityBytes: record.size.bytes,
            nodeExpansionRequired: !isBlock
        )
    }

    private func expand(_ volume: Tiers.LocatedVolume, to wanted: SizeRange) throws(DriverError)
        -> VolumeRecord
    {
        let current = volume.record.size
        if let limit = wanted.limit, current > limit {
            throw DriverError(
                .unsupportedSize,
                "volume \(volume.record.id) has \(current), above the limit of \(limit); volumes "
                    + "never shrink"
            )
        }
        let size = try wanted.size(
            preferring: current,
            minimum: current,
            unit: try volume.tier.read { (it) throws(DriverError) in
                try it.sizeUnit(of: volume.record.id)
            }
        )
        return try volume.devices.grow(to: size)
    }
}
