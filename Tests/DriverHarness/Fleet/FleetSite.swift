package import CSIMessages
package import GRPCRuntime
import Naming

/// A fleet as its callers see it: Controller calls go to any of the controllers, as after an
/// election, and Node calls to the volume's node.
package struct FleetSite: SoakSite {
    /// Shorter than a fault may last, so that answers are lost.
    private static let timeout = Duration.seconds(5)

    private let fleet: Fleet

    package init(_ fleet: Fleet) { self.fleet = fleet }

    /// Claims of calls that were lost end within half a minute.
    package let lastPatience = 90

    package func call<Request: CSIRequest>(_ request: Request)
        async throws(RPCFailure) -> Request.Response
    {
        let member = volumeID(of: request).flatMap(fleet.node) ?? fleet.controllers.randomElement()
        guard let member else { throw RPCFailure(.unavailable, "the fleet has no controllers") }
        return try await member.call(request, timeout: Self.timeout)
    }

    package func isRetried(_ code: StatusCode) -> Bool { Fleet.isRetried(code) }

    /// A third of all volumes may be anywhere, a third on two of the nodes, and a third on one.
    package func topology(of name: String) -> TopologyRequirement? {
        let digest = Array(SHA256.hex(of: name).utf8)
        let first = Int(digest[1]) % fleet.nodes.count
        let chosen = (0..<Int(digest[0]) % 3).map { fleet.nodes[(first + $0) % fleet.nodes.count] }
        guard !chosen.isEmpty else { return nil }
        let topologies = chosen.map { Topology(segments: $0.topology) }
        return TopologyRequirement(requisite: topologies, preferred: topologies)
    }

    package func staging(_ volumeID: String) -> String { node(of: volumeID).staging(volumeID) }

    package func target(_ name: String, of volumeID: String) -> String {
        node(of: volumeID).target(name, of: volumeID)
    }

    package func devices(of volumeID: String) -> [String] {
        node(of: volumeID).devices(of: volumeID)
    }

    private func node(of volumeID: String) -> Cluster {
        fleet.node(of: volumeID) ?? fleet.nodes[0]
    }

    /// The volume of a call of the Node service.
    private func volumeID(of request: some CSIRequest) -> String? {
        switch request {
        case let request as NodeStageVolumeRequest: request.volumeID
        case let request as NodeUnstageVolumeRequest: request.volumeID
        case let request as NodePublishVolumeRequest: request.volumeID
        case let request as NodeUnpublishVolumeRequest: request.volumeID
        case let request as NodeGetVolumeStatsRequest: request.volumeID
        default: nil
        }
    }
}
