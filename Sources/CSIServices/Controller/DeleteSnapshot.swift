internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import Naming
internal import NodeStorage

extension LocalController {
    /// Deletes a snapshot; succeeds where it does not exist.
    ///
    /// Volumes restored from it live on.
    package func deleteSnapshot(_ request: DeleteSnapshotRequest, _ context: CallContext)
        async throws(DriverError)
        -> DeleteSnapshotResponse
    {
        try RequestLimits.require(request.snapshotID, "snapshot_id", limit: RequestLimits.mapBytes)
        guard let id = SnapshotID(parsing: request.snapshotID) else {
            return DeleteSnapshotResponse()
        }
        try await operations.run("DeleteSnapshot", holding: [.exclusive(id.text)]) {
            (_) throws(DriverError) in
            guard let snapshot = try tiers.find(id) else {
                guard identity.owns(id) else { throw identity.absence(of: id, "snapshot") }
                return try tiers.finishRemoval(of: id)
            }
            try snapshot.tier.change { (it) throws(DriverError) in try it.deleteSnapshot(id) }
        }
        return DeleteSnapshotResponse()
    }
}
