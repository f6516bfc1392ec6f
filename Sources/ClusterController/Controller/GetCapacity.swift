package import CSIMessages
package import DriverCore
package import GRPCRuntime

extension ClusterController {
    /// Answered from the registrations; a node that does not answer has no room.
    ///
    /// A class with parameters that change what a tier can hold is asked of the nodes that have
    /// the tier.
    package func getCapacity(_ request: GetCapacityRequest, _ context: CallContext)
        async throws(DriverError) -> GetCapacityResponse
    {
        let tier = request.parameters["tier"]
        let views = registry.nodes.filter { view in
            request.accessibleTopology.map(view.node.satisfies) ?? true
        }
        if views.isEmpty, !registry.isSettled {
            throw DriverError(
                .unavailable,
                "no node of this topology has registered yet, and this controller has just started; "
                    + "retry"
            )
        }
        let living = views.filter { $0.state.isLiving && $0.node.tier(named: tier) != nil }
        if request.parameters.keys.contains(where: { !Self.plainKeys.contains($0) }) {
            return try await askedCapacity(request, of: living, context)
        }
        return living.reduce(into: GetCapacityResponse()) { sum, view in
            guard let tier = view.node.tier(named: tier) else { return }
            let available = view.available(tier)
            sum.add(available, min(tier.maximumVolumeBytes, available))
        }
    }

    /// Parameters that do not change what a tier can hold.
    private static let plainKeys: Set = ["tier", "csi.storage.k8s.io/fstype"]

    private func askedCapacity(
        _ request: GetCapacityRequest,
        of nodes: [NodeView],
        _ context: CallContext
    ) async throws(DriverError) -> GetCapacityResponse {
        var sum = GetCapacityResponse()
        for view in nodes {
            do throws(DriverError) {
                let answer = try await hop.call(
                    request,
                    to: view.node,
                    context,
                    atMost: patience
                )
                sum.add(
                    answer.availableCapacity,
                    answer.maximumVolumeSize ?? answer.availableCapacity
                )
            } catch {
                // Refusals of the request itself are the same on every node.
                guard error.code == .unavailable || error.code == .timedOut else { throw error }
            }
        }
        return sum
    }
}

extension GetCapacityResponse {
    fileprivate mutating func add(_ available: Int64, _ largest: Int64) {
        availableCapacity += available
        maximumVolumeSize = max(maximumVolumeSize ?? 0, largest)
    }
}
