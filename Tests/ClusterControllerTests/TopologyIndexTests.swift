import CSIMessages
import DriverCore
import GRPCRuntime
import Naming
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Topologies of a request` {
    private func node(_ id: String, zone: String) throws -> ClusterNode {
        let request = RegisterRequest(
            nodeID: id,
            driverName: "csi.cairn.storage",
            version: "1",
            endpoint: "127.0.0.1:1",
            segments: [NodeIdentity.topologyKey: id, "zone": zone]
        )
        return try ClusterNode(request, from: Peer(address: "ipv4:127.0.0.1:2"), isNamed: false)
    }

    @Test func `the first that a node satisfies counts, whether it names the node or not`() throws {
        let index = TopologyIndex([
            Topology(segments: [NodeIdentity.topologyKey: "a", "zone": "2"]),
            Topology(segments: [NodeIdentity.topologyKey: "b"]),
            Topology(segments: ["zone": "1"]),
            Topology(segments: [NodeIdentity.topologyKey: "a"]),
        ])
        #expect(index.first(of: try node("a", zone: "1")) == 2)
        #expect(index.first(of: try node("a", zone: "2")) == 0)
        #expect(index.first(of: try node("a", zone: "3")) == 3)
        #expect(index.first(of: try node("b", zone: "1")) == 1)
        #expect(index.first(of: try node("c", zone: "1")) == 2)
        #expect(index.first(of: try node("c", zone: "2")) == nil)
    }

    @Test func `nodes are found by their ids and by other segments`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            let registry = cluster.registry
            let named = ["c", "a", "x"].map { Topology(segments: [NodeIdentity.topologyKey: $0]) }
            #expect(Set(registry.nodes(inAny: named).map(\.node.id)) == ["a", "c"])
            let zone = Topology(segments: ["zone": "1"])
            #expect(registry.nodes(inAny: [zone]).isEmpty)
            #expect(Set(registry.nodes(inAny: named + [zone]).map(\.node.id)) == ["a", "c"])
            #expect(
                registry.nodes(inAny: []).map(\.node.digest) == registry.nodes.map(\.node.digest)
            )
            #expect(registry.nodes.map(\.node.digest) == registry.nodes.map(\.node.digest).sorted())
        }
    }
}
