import CSIMessages
import DriverCore
import Naming
import Synchronization
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Capacity of a cluster` {
    private func capacity(
        _ cluster: FakeCluster,
        of node: String? = nil,
        parameters: [String: String] = [:],
        capabilities: [VolumeCapability] = []
    ) async throws -> GetCapacityResponse {
        try await cluster.controller.getCapacity(
            GetCapacityRequest(
                volumeCapabilities: capabilities,
                parameters: parameters,
                accessibleTopology: node.map {
                    Topology(segments: [NodeIdentity.topologyKey: $0])
                }
            ),
            FakeCluster.context
        )
    }

    @Test func `a node that leaves or falls silent has no room`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            #expect(try await capacity(cluster).availableCapacity == 300 << 30)
            cluster.registry.leave(LeaveRequest(nodeID: "a", bootID: "b1"), from: "127.0.0.1")
            #expect(try await capacity(cluster).availableCapacity == 200 << 30)
            cluster.pass(.seconds(20))
            try cluster.registerNode("b")
            cluster.pass(.seconds(20))
            #expect(try await capacity(cluster).availableCapacity == 100 << 30)
            #expect(try await capacity(cluster, of: "c").availableCapacity == 0)
            try cluster.registerNode("c")
            #expect(try await capacity(cluster).availableCapacity == 200 << 30)
        }
    }

    @Test func `the smallest volume is that of the registrations`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let block = VolumeCapability(accessType: .block(.init()))
            let xfs = VolumeCapability(accessType: .mount(.init(fsType: "xfs")))
            #expect(try await capacity(cluster).minimumVolumeSize == 1 << 20)
            let ofBlock = try await capacity(cluster, capabilities: [block])
            #expect(ofBlock.minimumVolumeSize == 4096)
            let named = try await capacity(cluster, capabilities: [xfs])
            #expect(named.minimumVolumeSize == nil)
        }
    }

    @Test func `parameters that change the room are asked of every node`() async throws {
        try await FakeCluster.with((0..<9).map { "n\($0)" }) { cluster in
            let layout = ["layout": "raid1"]
            let all = try await capacity(cluster, parameters: layout)
            #expect(all.availableCapacity == 9 * 7)
            #expect(all.maximumVolumeSize == 7)
            let one = try await capacity(cluster, of: "n3", parameters: layout)
            #expect(one.availableCapacity == 7)
            // What is open stays within its bound once the questions have ended.
            #expect(cluster.channels.count <= FakeCluster.mostKept)
        }
    }

    @Test func `a volume made after the node's look counts until the next one`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            _ = try await cluster.create("v")
            // The node looked two seconds ago, and the volume is one second old.
            let node = try cluster.node("a")
            node.state.withLock { $0.room = 100 << 30 }
            cluster.pass(.seconds(1))
            try cluster.registerNode("a", surveyMilliseconds: 2000)
            #expect(try await capacity(cluster).availableCapacity == 99 << 30)
            node.state.withLock { $0.room = 99 << 30 }
            cluster.pass(.seconds(1))
            try cluster.registerNode("a", surveyMilliseconds: 1000)
            #expect(try await capacity(cluster).availableCapacity == 99 << 30)
        }
    }

    @Test func `a registration that was long on its way is older than it says`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            _ = try await cluster.create("v")
            try cluster.node("a").state.withLock { $0.room = 100 << 30 }
            cluster.pass(.seconds(1))
            try cluster.registerNode("a", clockOffset: .seconds(-2))
            #expect(try await capacity(cluster).availableCapacity == 99 << 30)
        }
    }

    @Test func `tiers that come, go and change hands are counted as they are`() {
        let start = ContinuousClock.now
        var generator = SystemRandomNumberGenerator()
        var rooms = TierRooms()
        var nodes: [Int: [NodeTier]] = [:]
        for _ in 0..<500 {
            let node = Int.random(in: 0..<20, using: &generator)
            let names = ["x", "y", "z"].filter { _ in Bool.random(using: &generator) }
            let tiers = names.enumerated().map { index, name in
                NodeTier(
                    name: name,
                    isDefault: index == 0,
                    isAvailable: Bool.random(using: &generator),
                    availableBytes: Int64.random(in: 0..<1000, using: &generator),
                    maximumVolumeBytes: 500
                )
            }
            let old = nodes.updateValue(tiers, forKey: node) ?? []
            rooms.replace(old, with: tiers, ofNode: node, heard: start) {
                TierRoom($0, charged: 0)
            }
            for tier in ["x", "y", "z", nil] {
                let expected = nodes.values.reduce(into: TierRoom()) { sum, tiers in
                    let own = tiers.first { tier.map($0.name.hasSameBytes) ?? $0.isDefault }
                    if let own { sum.add(TierRoom(own, charged: 0)) }
                }
                #expect(rooms.sum(of: tier, heardAfter: start - .seconds(1)) == expected)
            }
        }
        #expect(rooms.sum(of: "x", heardAfter: start) == TierRoom())
    }
}
