package import CSIMessages
import CSIServing
package import DriverCore
package import GRPCRuntime
import Naming

extension ClusterController {
    /// Makes a volume on one node, and never a second one of the same name on another.
    package func createVolume(_ request: CreateVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> CreateVolumeResponse
    {
        // A node says what is wrong with it.
        guard !request.name.isEmpty else {
            return try await hop.call(request, to: anyNode(), context)
        }
        let claims = [KeyedOperations.Claim.exclusive("volume '\(request.name)'")]
        try names.acquire(claims, for: "CreateVolume", progress: Progress())
        defer { names.release(claims) }
        if let source = request.volumeContentSource {
            let node = try sourceNode(source, request)
            return try await create(request, on: node, context)
        }
        let candidates = try candidates(for: request)
        if candidates.count > 1,
            let holder = try await holder(of: request.name, among: candidates, context)
        {
            return try await create(request, on: holder, context)
        }
        return try await createOnFirst(of: candidates, request, context)
    }

    /// Tries the candidates in their order; a full one hands over to the next.
    private func createOnFirst(
        of candidates: [NodeView],
        _ request: CreateVolumeRequest,
        _ context: CallContext
    ) async throws(DriverError) -> CreateVolumeResponse {
        var refusals: [DriverError] = []
        for candidate in candidates {
            guard candidate.state.isLiving else {
                throw NodeRegistry.absence(of: candidate.node.id, candidate.state)
            }
            do throws(DriverError) {
                return try await create(request, on: candidate.node, context)
            } catch  where error.code == .outOfSpace {
                refusals.append(error)
            }
        }
        guard let last = refusals.last else { throw noCandidate(for: request) }
        guard refusals.count > 1 else { throw last }
        throw DriverError(
            .outOfSpace,
            "none of \(refusals.count) nodes has room for volume '\(request.name)'; the last one "
                + "says: \(last.message)"
        )
    }

    private func create(
        _ request: CreateVolumeRequest,
        on node: ClusterNode,
        _ context: CallContext
    ) async throws(DriverError) -> CreateVolumeResponse {
        let response = try await hop.call(request, to: node, context)
        if let tier = node.tier(named: request.parameters["tier"]) {
            registry.charge(response.volume?.capacityBytes ?? 0, to: node, tier: tier.name)
        }
        return response
    }

    /// The node of the content source, which alone can copy it today.
    private func sourceNode(_ source: VolumeContentSource, _ request: CreateVolumeRequest)
        throws(DriverError) -> ClusterNode
    {
        let node: ClusterNode =
            switch source.type {
            case .snapshot(let snapshot): try self.node(ofSnapshot: snapshot.snapshotID)
            case .volume(let volume): try self.node(ofVolume: volume.volumeID)
            default: try anyNode()
            }
        let requisite = request.accessibilityRequirements?.requisite ?? []
        guard requisite.isEmpty || requisite.contains(where: node.satisfies) else {
            throw DriverError(
                .outOfSpace,
                "volume '\(request.name)': its source is on node '\(node.id)', which the requested "
                    + "topology excludes; schedule the pod to that node"
            )
        }
        return node
    }

    private func candidates(for request: CreateVolumeRequest) throws(DriverError) -> [NodeView] {
        let topology = request.accessibilityRequirements
        let wanted = PlacementRequest(
            tier: request.parameters["tier"],
            requisite: topology?.requisite ?? [],
            preferred: topology?.preferred ?? []
        )
        let known = registry.nodes(inAny: wanted.requisite)
            .filter { $0.state != .lost && !$0.isForgotten }
        let candidates = placement.candidates(for: wanted, among: known)
        // Where every topology names the one node, the others do not matter.
        let isPinned = candidates.count == 1 && isPinned(wanted.requisite, to: candidates[0].node)
        guard registry.isSettled || isPinned else {
            throw DriverError(
                .unavailable,
                "this controller has just started and may not know all nodes yet; retry"
            )
        }
        guard !candidates.isEmpty else { throw noCandidate(for: request) }
        return candidates
    }

    private func isPinned(_ requisite: [Topology], to node: ClusterNode) -> Bool {
        !requisite.isEmpty
            && requisite.allSatisfy { topology in
                topology.segments[NodeIdentity.topologyKey]?.hasSameBytes(as: node.id) ?? false
            }
    }

    private func noCandidate(for request: CreateVolumeRequest) -> DriverError {
        let views = registry.nodes
        let requisite = request.accessibilityRequirements?.requisite ?? []
        let reachable = views.filter { view in
            requisite.isEmpty || requisite.contains(where: view.node.satisfies)
        }
        guard !reachable.isEmpty else {
            return DriverError(
                .unavailable,
                "volume '\(request.name)': no node of the requested topology has registered; start "
                    + "its driver"
            )
        }
        let wanted = request.parameters["tier"]
        let away = reachable.first { $0.state != .lost && $0.node.tier(named: wanted) != nil }
        if let away { return NodeRegistry.absence(of: away.node.id, away.state) }
        if let lost = reachable.first(where: { $0.node.tier(named: wanted) != nil }) {
            return DriverError(
                .outOfSpace,
                "volume '\(request.name)': node '\(lost.node.id)' is declared lost, and no other "
                    + "node of the requested topology has the tier"
            )
        }
        let tier = wanted.map { "tier '\($0)'" } ?? "a default tier"
        let names = Set(views.flatMap { $0.node.registration.tiers.map(\.name) }).sorted()
        return DriverError(
            .outOfSpace,
            "volume '\(request.name)': no node of the requested topology has \(tier); the tiers of "
                + "the cluster are: \(names.isEmpty ? "none" : names.joined(separator: ", "))"
        )
    }
}
