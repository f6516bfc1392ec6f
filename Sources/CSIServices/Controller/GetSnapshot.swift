package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    package func getSnapshot(_ request: GetSnapshotRequest, _ context: CallContext)
        async throws(DriverError)
        -> GetSnapshotResponse
    {
        try RequestLimits.require(request.snapshotID, "snapshot_id")
        let record = try await answer(request.snapshotID, context) { () throws(DriverError) in
            try existingSnapshot(request.snapshotID).record
        }
        return GetSnapshotResponse(snapshot: Snapshot(record))
    }
}
