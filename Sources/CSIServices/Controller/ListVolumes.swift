internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    /// One page of all volumes.
    ///
    /// Inline volumes are left out: the orchestrator does not know them as volumes of its own.
    package func listVolumes(_ request: ListVolumesRequest, _ context: CallContext)
        async throws(DriverError)
        -> ListVolumesResponse
    {
        let page = try Page<VolumeID>(
            maxEntries: request.maxEntries,
            startingToken: request.startingToken
        )
        return try await operations.read { () throws(DriverError) in
            let (records, next) = page.cut(try allVolumes(), id: \.id)
            return ListVolumesResponse(
                entries: records.map { .init(volume: Volume($0, on: identity)) },
                nextToken: next
            )
        }
    }

    /// The same volumes, with the facts of their records that CSI does not have.
    package func describeVolumes(_ request: DescribeVolumesRequest, _ context: CallContext)
        async throws(DriverError)
        -> DescribeVolumesResponse
    {
        let page = try Page<VolumeID>(
            maxEntries: request.maxEntries,
            startingToken: request.startingToken
        )
        return try await operations.read { () throws(DriverError) in
            let (records, next) = page.cut(try allVolumes(), id: \.id)
            return DescribeVolumesResponse(
                volumes: records.map(VolumeDescription.init),
                nextToken: next
            )
        }
    }

    private func allVolumes() throws(DriverError) -> [VolumeRecord] {
        let each = try tiers.readEach { (backend) throws(DriverError) in try backend.volumes() }
        var records = each.flatMap { $0.filter { !$0.isEphemeral } }
        // One tier gives them in order.
        if each.count > 1 { records.sort { $0.id < $1.id } }
        return records
    }
}

extension VolumeDescription {
    fileprivate init(_ record: VolumeRecord) {
        self.init(
            volumeID: record.id.text,
            name: record.name,
            tier: record.tier,
            capacityBytes: record.size.bytes,
            createdUnixNanoseconds: record.created.unixNanoseconds,
            claim: record.claim.claim ?? "",
            claimNamespace: record.claim.namespace ?? ""
        )
    }
}
