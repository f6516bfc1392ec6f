package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    package func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> ControllerGetVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        let record = try await operations.read { () throws(DriverError) in
            try existingVolume(request.volumeID).record
        }
        return ControllerGetVolumeResponse(
            volume: Volume(record, on: identity),
            status: .init()
        )
    }
}
