internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    /// One page of all snapshots, or of those that match; an unknown id matches none.
    package func listSnapshots(_ request: ListSnapshotsRequest, _ context: CallContext)
        async throws(DriverError)
        -> ListSnapshotsResponse
    {
        let page = try Page<SnapshotID>(
            maxEntries: request.maxEntries,
            startingToken: request.startingToken
        )
        return try await operations.read { () throws(DriverError) in
            let (records, next) = page.cut(try snapshots(matching: request), id: \.id)
            return ListSnapshotsResponse(
                entries: records.map { .init(snapshot: Snapshot($0)) },
                nextToken: next
            )
        }
    }

    private func snapshots(matching request: ListSnapshotsRequest) throws(DriverError)
        -> [SnapshotRecord]
    {
        let source = request.sourceVolumeID
        guard request.snapshotID.isEmpty else {
            guard let id = SnapshotID(parsing: request.snapshotID),
                let record = try tiers.find(id)?.record,
                source.isEmpty || record.source.text == source
            else { return [] }
            return [record]
        }
        let each = try tiers.readEach { (backend) throws(DriverError) in try backend.snapshots() }
        var records = Array(each.joined())
        if !source.isEmpty { records.removeAll { $0.source.text != source } }
        if each.count > 1 { records.sort { $0.id < $1.id } }
        return records
    }
}
