package import CSIMessages
package import DriverCore

extension LocalController {
    package func getVolume(_ request: ControllerGetVolumeRequest) async throws(DriverError)
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
