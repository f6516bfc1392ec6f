internal import Backend
package import CSIMessages
package import DriverCore

extension LocalController {
    /// Removes a volume; OK for one that does not exist.
    package func deleteVolume(_ request: DeleteVolumeRequest) async throws(DriverError)
        -> DeleteVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id", limit: RequestLimits.mapBytes)
        // An id of another form was never given by this driver, so nothing can lie behind it.
        guard let id = VolumeID(parsing: request.volumeID) else { return DeleteVolumeResponse() }
        try await operations.run("DeleteVolume", holding: [.exclusive(id.text)]) {
            (_) throws(DriverError) in
            try delete(id)
        }
        return DeleteVolumeResponse()
    }

    private func delete(_ id: VolumeID) throws(DriverError) {
        guard let volume = try tiers.find(id) else {
            guard identity.owns(id) else { throw identity.absence(of: id, "volume") }
            return try tiers.finishRemoval(of: id)
        }
        try usage.checkUnused(id, isAttached: try volume.backend.attachment(of: id) != nil)
        try usage.forget(id)
        try volume.backend.deleteVolume(id)
    }
}
