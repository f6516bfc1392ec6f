internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    /// A volume that is being made does not count as absent: a controller that asks whether an earlier
    /// try of its create made it would make a second one elsewhere.
    package func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> ControllerGetVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        // Asked before the look: what ends in between is found by the look.
        let running = operations.holder(of: request.volumeID)
        let record: VolumeRecord
        do throws(DriverError) {
            record = try await operations.read { () throws(DriverError) in
                try existingVolume(request.volumeID).record
            }
        } catch  where error.code == .notFound {
            guard let running else { throw error }
            throw DriverError(
                .operationPending,
                "volume \(request.volumeID): \(running) is still running; retry later"
            )
        }
        return ControllerGetVolumeResponse(
            volume: Volume(record, on: identity),
            status: .init()
        )
    }
}
