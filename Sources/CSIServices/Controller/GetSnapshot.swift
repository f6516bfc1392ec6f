package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import Naming
internal import NodeStorage

extension LocalController {
    package func getSnapshot(_ request: GetSnapshotRequest, _ context: CallContext)
        async throws(DriverError)
        -> GetSnapshotResponse
    {
        try RequestLimits.require(request.snapshotID, "snapshot_id")
        let record = try await answer(request.snapshotID, context) { (claim) throws(DriverError) in
            guard let claim, let id = SnapshotID(parsing: request.snapshotID) else {
                return try tiers.existing(snapshot: request.snapshotID, of: identity).record
            }
            guard let found = try existing(id, of: claim.place) else {
                throw identity.absence(of: id, "snapshot")
            }
            return found
        }
        return GetSnapshotResponse(snapshot: Snapshot(record))
    }
}
