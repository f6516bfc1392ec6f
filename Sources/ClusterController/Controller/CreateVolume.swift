package import CSIMessages
import CSIServing
package import DriverCore
package import GRPCRuntime
import Naming

extension ClusterController {
    /// Creates a volume on one node; never a second one of the same name on another node.
    package func createVolume(_ request: CreateVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> CreateVolumeResponse
    {
        // A node says what is wrong with it.
        guard !request.name.isEmpty else {
            return try await hop.call(request, to: anyNode(), context)
        }
        let keys = [KeyedOperations.Key.exclusive("volume '\(request.name)'")]
        try names.acquire(keys, for: "CreateVolume", progress: Progress())
        defer { names.release(keys) }
        let places =
            if let source = request.volumeContentSource {
                Places(candidates: [try sourceNode(source, request)], former: [])
            } else {
                try places(for: request)
            }
        if let made = try await createAtOnce(in: places, request, context) { return made }
        return try await createOnFirst(of: places, request, context)
    }

    /// The nodes that a create concerns.
    private struct Places {
        /// The nodes for the new volume, in the order in which they are tried.
        let candidates: [NodeView]
        /// Nodes that had its tier until lately: an earlier try may have made the volume there.
        let former: [NodeView]
    }

    /// Creates the volume in one call, if only one node has to be asked.
    ///
    /// nil if the node has issued no permit, or refuses it: the name must be claimed first.
    private func createAtOnce(
        in places: Places,
        _ request: CreateVolumeRequest,
        _ context: CallContext
    ) async throws(DriverError) -> CreateVolumeResponse? {
        guard places.candidates.count == 1, places.former.isEmpty else { return nil }
        let view = places.candidates[0]
        let permit = view.node.registration.createPermit
        guard view.state.isLiving, NameClaim.isWord(permit) else { return nil }
        do throws(DriverError) {
            return try await create(request, on: view.node, context, NameClaim(.permit, permit))
        } catch  where error.code == .operationPending {
            return nil
        }
    }

    /// Tries the candidates in their order; after a full node the next one.
    ///
    /// The name is claimed on the first one alone, which mostly has room. Where it has none, the name
    /// is claimed at once on all others that have room by what they registered last: to ask all nodes
    /// again for each full one would take for ever, and so would a try of each.
    /// One node alone is asked too: another controller may be about to have it make the volume, and a
    /// call that comes late must not make again what was deleted since.
    private func createOnFirst(
        of places: Places,
        _ request: CreateVolumeRequest,
        _ context: CallContext
    ) async throws(DriverError) -> CreateVolumeResponse {
        let candidates = places.candidates
        let name = GivenName.volume(request.name, tier: request.parameters["tier"])
        let search = NameSearch(name, hop: hop, patience: patience, context)
        var refusals: [DriverError] = []
        let others = candidates.dropFirst().filter { Self.hasRoom($0, for: request) }
        let rounds = [candidates.prefix(1), others[...]]
        for (round, chosen) in rounds.enumerated() where round == 0 || !chosen.isEmpty {
            let asked = candidates + places.former
            let answers = await search.claim(on: Array(chosen), asking: asked)
            let made: (place: ClusterNode, response: CreateVolumeResponse)?
            do throws(DriverError) {
                made = try await create(request, on: chosen, search, answers, &refusals)
            } catch {
                await search.drop(on: Array(chosen))
                throw error
            }
            guard let made else {
                await search.drop(on: Array(chosen))
                continue
            }
            // A create that was answered has ended its claim, and its answer waits for no other node.
            let rest = chosen.filter { $0.node.digest != made.place.digest }
            if !rest.isEmpty { Task { await search.drop(on: rest) } }
            return made.response
        }
        throw full(refusals, request)
    }

    private static func hasRoom(_ view: NodeView, for request: CreateVolumeRequest) -> Bool {
        guard let tier = view.node.tier(named: request.parameters["tier"]) else { return false }
        return view.room(tier).available >= request.capacityRange?.requiredBytes ?? 0
    }

    /// Creates the volume on the node that already has it, or on one of the chosen nodes; nil where
    /// these are full.
    private func create(
        _ request: CreateVolumeRequest,
        on chosen: ArraySlice<NodeView>,
        _ search: NameSearch,
        _ answers: [NameSearch.Answer],
        _ refusals: inout [DriverError]
    ) async throws(DriverError) -> (place: ClusterNode, response: CreateVolumeResponse)? {
        let holder = answers.first(where: \.hasObject)?.node
        // One that does not answer may have made the volume in an earlier try whose answer was lost.
        if holder == nil { for answer in answers { _ = try answer.result.get() } }
        for node in holder.map({ [$0] }) ?? chosen.map(\.node) {
            do throws(DriverError) {
                // Also to the holder: a volume that was deleted since is not made without a claim.
                return (node, try await create(request, on: node, search.context, search.use))
            } catch  where error.code == .outOfSpace {
                refusals.append(error)
            }
        }
        return nil
    }

    private func full(_ refusals: [DriverError], _ request: CreateVolumeRequest) -> DriverError {
        guard let last = refusals.last else { return noCandidate(for: request) }
        guard refusals.count > 1 else { return last }
        return DriverError(
            .outOfSpace,
            "volume '\(request.name)': none of \(refusals.count) nodes has room; the last node "
                + "answered: \(last.message)"
        )
    }

    private func create(
        _ request: CreateVolumeRequest,
        on node: ClusterNode,
        _ context: CallContext,
        _ claim: NameClaim
    ) async throws(DriverError) -> CreateVolumeResponse {
        let response = try await hop.call(request, to: node, context, claim: claim)
        if let tier = node.tier(named: request.parameters["tier"]) {
            registry.charge(response.volume?.capacityBytes ?? 0, to: node, tier: tier.name)
        }
        return response
    }

    /// The node of the content source, which must make the copy.
    private func sourceNode(_ source: VolumeContentSource, _ request: CreateVolumeRequest)
        throws(DriverError) -> NodeView
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
                    + "topology excludes; schedule the pod on that node"
            )
        }
        guard let view = registry.view(ofDigest: node.digest) else {
            throw registry.absence(ofDigest: node.digest)
        }
        return view
    }

    private func places(for request: CreateVolumeRequest) throws(DriverError) -> Places {
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
        if !isPinned { try registry.requireSettled() }
        let former = known.filter { $0.hadTier(named: wanted.tier) }
        guard !candidates.isEmpty || !former.isEmpty else { throw noCandidate(for: request) }
        return Places(candidates: candidates, former: former)
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
