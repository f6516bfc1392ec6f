package import CSIMessages
package import DriverCore
package import GRPCRuntime

/// Lists over all nodes, in the order of the nodes' digests.
extension ClusterController {
    package func listVolumes(_ request: ListVolumesRequest, _ context: CallContext)
        async throws(DriverError) -> ListVolumesResponse
    {
        let (entries, next) = try await list(
            request.maxEntries,
            from: request.startingToken,
            \.volumeCount
        ) { (node, count, token) async throws(DriverError) in
            let part = ListVolumesRequest(maxEntries: count, startingToken: token)
            let answer = try await hop.call(part, to: node, context)
            return (answer.entries, answer.nextToken)
        }
        return ListVolumesResponse(entries: entries, nextToken: next)
    }

    package func describeVolumes(_ request: DescribeVolumesRequest, _ context: CallContext)
        async throws(DriverError) -> DescribeVolumesResponse
    {
        let (volumes, next) = try await list(
            request.maxEntries,
            from: request.startingToken,
            \.volumeCount
        ) { (node, count, token) async throws(DriverError) in
            let part = DescribeVolumesRequest(maxEntries: count, startingToken: token)
            let answer = try await hop.call(part, to: node, context)
            return (answer.volumes, answer.nextToken)
        }
        return DescribeVolumesResponse(volumes: volumes, nextToken: next)
    }

    /// The snapshots of all nodes, or one snapshot or the snapshots of one volume, which only their
    /// node is asked for.
    package func listSnapshots(_ request: ListSnapshotsRequest, _ context: CallContext)
        async throws(DriverError) -> ListSnapshotsResponse
    {
        if !request.snapshotID.isEmpty {
            return try await hop.call(request, to: node(ofSnapshot: request.snapshotID), context)
        }
        if !request.sourceVolumeID.isEmpty {
            return try await hop.call(request, to: node(ofVolume: request.sourceVolumeID), context)
        }
        let (entries, next) = try await list(
            request.maxEntries,
            from: request.startingToken,
            \.snapshotCount
        ) { (node, count, token) async throws(DriverError) in
            let part = ListSnapshotsRequest(maxEntries: count, startingToken: token)
            let answer = try await hop.call(part, to: node, context)
            return (answer.entries, answer.nextToken)
        }
        return ListSnapshotsResponse(entries: entries, nextToken: next)
    }

    private func list<Entry: Sendable>(
        _ most: Int32,
        from start: String,
        _ expected: KeyPath<NodeTier, Int64>,
        _ ask: @escaping ClusterPage<Entry>.Ask
    ) async throws(DriverError) -> ClusterPage<Entry>.Part {
        let page = try ClusterPage<Entry>(maxEntries: most, startingToken: start)
        let nodes = try listedNodes()
        return try await page.collect(
            from: nodes,
            expecting: { node in
                node.registration.tiers.reduce(0) { $0 + $1[keyPath: expected] }
            },
            ask
        )
    }

    /// All nodes except lost ones; throws where one is silent, because the list would be
    /// incomplete.
    private func listedNodes() throws(DriverError) -> [ClusterNode] {
        let views = registry.nodes.filter { $0.state != .lost }
        if let away = views.first(where: { !$0.state.isLiving }) {
            throw NodeRegistry.absence(of: away.node.id, away.state)
        }
        try registry.requireSettled()
        return views.map(\.node)
    }
}
