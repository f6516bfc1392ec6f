package import CSIMessages
package import DriverCore
package import GRPCRuntime

extension ClusterController {
    /// Answers from the registrations; a silent node has no room.
    ///
    /// A class with parameters that change what a tier can hold is asked of the nodes that have
    /// the tier.
    package func getCapacity(_ request: GetCapacityRequest, _ context: CallContext)
        async throws(DriverError) -> GetCapacityResponse
    {
        let tier = request.parameters["tier"]
        let room = registry.room(of: tier, in: request.accessibleTopology)
        guard let room else {
            if registry.isSettled { return GetCapacityResponse() }
            throw DriverError(
                .unavailable,
                "no node of this topology has registered yet: this controller has just started; "
                    + "retry"
            )
        }
        if request.parameters.keys.contains(where: { !Self.plainKeys.contains($0) }) {
            return try await askedCapacity(request, context)
        }
        return GetCapacityResponse(
            availableCapacity: room.available,
            maximumVolumeSize: room.largest,
            minimumVolumeSize: Self.smallest(in: room, for: request)
        )
    }

    private static let filesystemKey = "csi.storage.k8s.io/fstype"
    /// Parameters that do not change what a tier can hold.
    private static let plainKeys: Set = ["tier", filesystemKey]

    /// nil where a file system is named: nodes report this only for their default one.
    private static func smallest(in room: TierRoom, for request: GetCapacityRequest) -> Int64? {
        var isBlock = !request.volumeCapabilities.isEmpty
        var isNamed = request.parameters.keys.contains(filesystemKey)
        for capability in request.volumeCapabilities {
            guard case .mount(let mount) = capability.accessType else { continue }
            isBlock = false
            if !mount.fsType.isEmpty { isNamed = true }
        }
        if isBlock { return room.smallestBlock }
        return isNamed ? nil : room.smallestMounted
    }

    private func askedCapacity(_ request: GetCapacityRequest, _ context: CallContext)
        async throws(DriverError) -> GetCapacityResponse
    {
        let tier = request.parameters["tier"]
        let views = registry.nodes(inAny: request.accessibleTopology.map { [$0] } ?? [])
        let nodes = views.filter { $0.state.isLiving }.map(\.node)
            .filter { $0.tier(named: tier) != nil }
        let answers = await nodes.asked { (node) async throws(DriverError) in
            try await hop.call(request, to: node, context, atMost: patience)
        }
        var sum = GetCapacityResponse()
        for answer in answers {
            do throws(DriverError) {
                sum.add(try answer.get())
            } catch {
                // A refusal of the request itself is the same on every node; one node that is broken
                // only has no room.
                guard error.code != .invalidRequest else { throw error }
            }
        }
        return sum
    }
}

extension GetCapacityResponse {
    fileprivate mutating func add(_ other: GetCapacityResponse) {
        // Bounded, as what nodes register is: the sum of an odd figure must not trap.
        availableCapacity += ClusterNode.bounded(other.availableCapacity)
        maximumVolumeSize = max(
            maximumVolumeSize ?? 0,
            other.maximumVolumeSize ?? other.availableCapacity
        )
        guard let smallest = other.minimumVolumeSize else { return }
        minimumVolumeSize = min(minimumVolumeSize ?? smallest, smallest)
    }
}
