package import CSIMessages
package import DriverCore
package import GRPCRuntime

/// The CSI Controller service, wherever its storage is.
package protocol ControllerService: Sendable {
    /// The capabilities that ControllerGetCapabilities returns.
    var capabilities: [ControllerServiceCapability.RPC.Kind] { get }

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
    /// All volumes as their records have them; a list that would lack one is an error.
    func describeVolumes(_ request: DescribeVolumesRequest, _ context: CallContext)
        async throws(DriverError)
        -> DescribeVolumesResponse
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
    package func register(in router: inout Router) {
        router.serve(ControllerGetCapabilitiesRequest.self) { (_) in
            ControllerGetCapabilitiesResponse(
                capabilities: capabilities.map { .init(type: .rpc(.init(type: $0))) }
            )
        }
        router.serve(CreateVolumeRequest.self, createVolume)
        router.serve(DeleteVolumeRequest.self, deleteVolume)
        router.serve(
            ValidateVolumeCapabilitiesRequest.self,
            validateVolumeCapabilities
        )
        router.serve(ListVolumesRequest.self, listVolumes)
        router.serve(DescribeVolumesRequest.self, describeVolumes)
        router.serve(ControllerGetVolumeRequest.self, getVolume)
        router.serve(GetCapacityRequest.self, getCapacity)
        router.serve(ControllerExpandVolumeRequest.self, expandVolume)
        router.serve(CreateSnapshotRequest.self, createSnapshot)
        router.serve(DeleteSnapshotRequest.self, deleteSnapshot)
        router.serve(ListSnapshotsRequest.self, listSnapshots)
        router.serve(GetSnapshotRequest.self, getSnapshot)
    }
}
