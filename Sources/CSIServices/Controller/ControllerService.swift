package import CSIMessages
package import DriverCore
package import GRPCRuntime
package import Logging

/// The CSI Controller service, wherever its storage is.
package protocol ControllerService: Sendable {
    func createVolume(_ request: CreateVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> CreateVolumeResponse
    func deleteVolume(_ request: DeleteVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> DeleteVolumeResponse
    func validateVolumeCapabilities(
        _ request: ValidateVolumeCapabilitiesRequest,
        _ context: CallContext
    )
        async throws(DriverError) -> ValidateVolumeCapabilitiesResponse
    func listVolumes(_ request: ListVolumesRequest, _ context: CallContext)
        async throws(DriverError)
        -> ListVolumesResponse
    func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> ControllerGetVolumeResponse
    func getCapacity(_ request: GetCapacityRequest, _ context: CallContext)
        async throws(DriverError)
        -> GetCapacityResponse
    func expandVolume(_ request: ControllerExpandVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> ControllerExpandVolumeResponse
    func createSnapshot(_ request: CreateSnapshotRequest, _ context: CallContext)
        async throws(DriverError)
        -> CreateSnapshotResponse
    func deleteSnapshot(_ request: DeleteSnapshotRequest, _ context: CallContext)
        async throws(DriverError)
        -> DeleteSnapshotResponse
    func listSnapshots(_ request: ListSnapshotsRequest, _ context: CallContext)
        async throws(DriverError)
        -> ListSnapshotsResponse
    func getSnapshot(_ request: GetSnapshotRequest, _ context: CallContext)
        async throws(DriverError)
        -> GetSnapshotResponse
}

extension ControllerService {
    package func register(in router: inout Router, logger: Logger) {
        router.serve(ControllerGetCapabilitiesRequest.self, logger: logger) { (_) in
            ControllerGetCapabilitiesResponse(
                capabilities: controllerCapabilities.map { .init(type: .rpc(.init(type: $0))) }
            )
        }
        router.serve(CreateVolumeRequest.self, logger: logger, createVolume)
        router.serve(DeleteVolumeRequest.self, logger: logger, deleteVolume)
        router.serve(
            ValidateVolumeCapabilitiesRequest.self,
            logger: logger,
            validateVolumeCapabilities
        )
        router.serve(ListVolumesRequest.self, logger: logger, listVolumes)
        router.serve(ControllerGetVolumeRequest.self, logger: logger, getVolume)
        router.serve(GetCapacityRequest.self, logger: logger, getCapacity)
        router.serve(ControllerExpandVolumeRequest.self, logger: logger, expandVolume)
        router.serve(CreateSnapshotRequest.self, logger: logger, createSnapshot)
        router.serve(DeleteSnapshotRequest.self, logger: logger, deleteSnapshot)
        router.serve(ListSnapshotsRequest.self, logger: logger, listSnapshots)
        router.serve(GetSnapshotRequest.self, logger: logger, getSnapshot)
    }
}

/// No PUBLISH_UNPUBLISH_VOLUME: a local disk has nothing to attach.
///
/// SINGLE_NODE_MULTI_WRITER makes Kubernetes tell ReadWriteOnce (several pods of the node) and
/// ReadWriteOncePod apart.
private let controllerCapabilities: [ControllerServiceCapability.RPC.Kind] = [
    .createDeleteVolume, .listVolumes, .getCapacity, .createDeleteSnapshot, .listSnapshots,
    .cloneVolume, .expandVolume, .getVolume, .singleNodeMultiWriter, .getSnapshot,
]
