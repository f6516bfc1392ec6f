package import CSIMessages
import CSIServing
package import DriverCore
package import GRPCRuntime

extension ClusterController {
    /// Takes a snapshot on its volume's node; never a second one of the same name on another node.
    package func createSnapshot(_ request: CreateSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> CreateSnapshotResponse
    {
        let source = try node(ofVolume: request.sourceVolumeID)
        // A node says what is wrong with it.
        guard !request.name.isEmpty, VolumeID(parsing: request.sourceVolumeID) != nil else {
            return try await hop.call(request, to: source, context)
        }
        let name = GivenName.snapshot(request.name, source: request.sourceVolumeID)
        let search = NameSearch(name, hop: hop, patience: patience, context)
        let living = registry.nodes.filter(\.state.isLiving)
        let chosen = living.filter { $0.node.digest == source.digest }
        let asked = request.name.endsWithUUID ? chosen : living
        let answers = await search.claim(on: chosen, asking: asked)
        do throws(DriverError) {
            try checkUnique(answers, on: source, request)
            return try await hop.call(request, to: source, context, claim: search.use)
        } catch {
            await search.drop(on: chosen)
            throw error
        }
    }

    /// Throws `conflict` where another node has a snapshot of this name, of another volume.
    ///
    /// A node that is away, or cannot answer, is left out: the id of a snapshot names its node, so a
    /// second one of a name mixes nothing up, and one broken node must not stop the backups of all.
    private func checkUnique(
        _ answers: [NameSearch.Answer],
        on source: ClusterNode,
        _ request: CreateSnapshotRequest
    ) throws(DriverError) {
        for answer in answers where answer.node.digest == source.digest {
            if try answer.result.get() { return }
        }
        if let other = answers.first(where: \.hasObject)?.node {
            throw DriverError(
                .conflict,
                "snapshot '\(request.name)' exists on node '\(other.id)', of another volume than "
                    + request.sourceVolumeID
            )
        }
        for answer in answers {
            if case .failure(let error) = answer.result, error.code == .operationPending {
                throw error
            }
        }
    }
}

extension String {
    /// Whether no two snapshots are ever given this name: it ends with a UUID, as each name of
    /// external-snapshotter does.
    ///
    /// So the other nodes need not be asked for it, and a backup in a large cluster depends on the
    /// node of its volume alone.
    fileprivate var endsWithUUID: Bool {
        let groups = [8, 4, 4, 4, 12]
        let parts = utf8.suffix(36).split(separator: UInt8(ascii: "-"))
        return parts.map(\.count) == groups && parts.joined().allSatisfy(\.isDigitOfUUID)
    }
}

extension UInt8 {
    fileprivate var isDigitOfUUID: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
