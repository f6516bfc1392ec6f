import CSIMessages
import DriverCore
import GRPCRuntime

/// Allows only the reading calls of the Controller service on a node's own socket.
///
/// They are for the commands that a person runs on the node, also while no controller answers. What
/// makes or removes something goes through a controller, which knows the other nodes.
enum NodeQuestions {
    private static let service = "/csi.v1.Controller/"
    private static let accepted: Set<String> = [
        ControllerGetCapabilitiesRequest.method, ListVolumesRequest.method,
        ListSnapshotsRequest.method, GetCapacityRequest.method,
        ControllerGetVolumeRequest.method, GetSnapshotRequest.method,
        ValidateVolumeCapabilitiesRequest.method,
    ]

    /// Refuses the other calls of the service: an interceptor.
    @Sendable static func around(
        _ context: CallContext,
        _ next: () async throws(RPCFailure) -> Void
    ) async throws(RPCFailure) {
        let method = context.method
        guard !method.hasBytePrefix(service) || accepted.contains(method) else {
            throw RPCFailure(
                .failedPrecondition,
                "\(method) is for a controller of the cluster, and this is a node; use the "
                    + "socket of a controller (--endpoint)"
            )
        }
        try await next()
    }
}
