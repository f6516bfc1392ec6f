package import CSIMessages
package import DriverCore
package import GRPCRuntime
import Logging

/// Calls that one node answers completely.
extension ClusterController {
    package func deleteVolume(_ request: DeleteVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteVolumeResponse
    {
        if let id = VolumeID(parsing: request.volumeID), isLost(id, method: "DeleteVolume") {
            return DeleteVolumeResponse()
        }
        return try await hop.call(request, to: node(ofVolume: request.volumeID), context)
    }

    package func validateVolumeCapabilities(
        _ request: ValidateVolumeCapabilitiesRequest,
        _ context: CallContext
    ) async throws(DriverError) -> ValidateVolumeCapabilitiesResponse {
        try await hop.call(request, to: node(ofVolume: request.volumeID), context)
    }

    package func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> ControllerGetVolumeResponse
    {
        try await hop.call(request, to: node(ofVolume: request.volumeID), context)
    }

    package func expandVolume(_ request: ControllerExpandVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> ControllerExpandVolumeResponse
    {
        try await hop.call(request, to: node(ofVolume: request.volumeID), context)
    }

    package func deleteSnapshot(_ request: DeleteSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteSnapshotResponse
    {
        if let id = SnapshotID(parsing: request.snapshotID), isLost(id, method: "DeleteSnapshot") {
            return DeleteSnapshotResponse()
        }
        return try await hop.call(request, to: node(ofSnapshot: request.snapshotID), context)
    }

    package func getSnapshot(_ request: GetSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> GetSnapshotResponse
    {
        try await hop.call(request, to: node(ofSnapshot: request.snapshotID), context)
    }

    /// Whether an object counts as deleted because its node was declared lost.
    ///
    /// The only way for objects of a silent node. Each use is logged and counted.
    private func isLost(_ id: some ObjectID, method: String) -> Bool {
        guard registry.isLost(digest: id.nodeDigest) else { return false }
        lostNodes.countUse()
        logger.warning(
            "deleted without its node, which is declared lost; its data stays on the node's disks",
            metadata: ["method": "\(method)", "id": "\(id)"]
        )
        return true
    }
}
