import CSIMessages
import CSIServing
import DriverCore
import Naming
import Synchronization
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Creating volumes through the controller` {
    /// One node registers as it should while time passes.
    private func keep(_ id: String, for time: Duration, _ cluster: FakeCluster) throws {
        for _ in 0..<Int(time.components.seconds / 10) {
            cluster.pass(.seconds(10))
            try cluster.registerNode(id)
        }
    }

    @Test func `the first preferred topology gets the volume`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            let volume = try await cluster.create("v", on: ["b", "a"])
            #expect(volume.node == "b")
        }
    }

    @Test func `without topology the node with most free room gets the volume`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            try cluster.node("c").state.withLock { $0.room = 200 << 30 }
            try cluster.registerNode("c")
            #expect(try await cluster.create("v").node == "c")
        }
    }

    @Test func `free room follows creates before the next registration`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let first = try await cluster.create("v", size: 10 << 30)
            let second = try await cluster.create("w", size: 10 << 30)
            #expect(Set([first.node, second.node]) == ["a", "b"])
            let capacity = try await cluster.controller.getCapacity(
                GetCapacityRequest(),
                FakeCluster.context
            )
            #expect(capacity.availableCapacity == 180 << 30)
            #expect(capacity.maximumVolumeSize == 90 << 30)
        }
    }

    @Test(arguments: [["a"], []])
    func `a retry finds its volume on a node that has given up the tier since`(
        _ requisite: [String]
    ) async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let first = try await cluster.create("v", on: ["a"], tier: "fast")
            cluster.pass(.seconds(10))
            try cluster.registerNode("b")
            try cluster.registerNode("a", tier: "slow")
            let again = try await cluster.create("v", on: requisite, tier: "fast")
            #expect(again.volumeID == first.volumeID)
            #expect(try cluster.node("b").volumeNames.isEmpty)
        }
    }

    @Test func `a volume that nobody made is refused where its tier is no more`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            cluster.pass(.seconds(10))
            try cluster.registerNode("a", tier: "slow")
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v", on: ["a"], tier: "fast")
            }
            #expect(error?.code == .outOfSpace)
            #expect(error?.message.contains("the tiers of the cluster are: fast, slow") == true)
            #expect(try cluster.node("a").calls("ControllerGetVolume") == 1)
            #expect(try cluster.node("a").calls("CreateVolume") == 0)
        }
    }

    @Test func `a full node hands over to the next candidate`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            try cluster.node("a").state.withLock { $0.room = 1 }
            #expect(try await cluster.create("v", on: ["a", "b"]).node == "b")
        }
    }

    @Test func `a cluster without room says so as RESOURCE_EXHAUSTED`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            for node in cluster.nodes { node.state.withLock { $0.room = 1 } }
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v")
            }
            #expect(error?.code == .outOfSpace)
            #expect(error?.message.contains("none of 2 nodes") == true)
        }
    }

    @Test func `a retry finds the volume on the node that has it`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            let first = try await cluster.create("v", on: ["b"])
            // With b full, another choice would be made for a new volume.
            try cluster.node("b").state.withLock { $0.room = 0 }
            try cluster.registerNode("b")
            let second = try await cluster.create("v", on: ["a", "b", "c"])
            #expect(second.volumeID == first.volumeID)
            #expect(cluster.nodes.flatMap(\.volumeNames) == ["v"])
        }
    }

    @Test func `a lost answer makes no second volume`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let first = try cluster.node("a")
            first.state.withLock {
                $0.failure = DriverError(.unavailable, "cut off")
                $0.failsAfterwards = true
            }
            let lost = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v", on: ["a", "b"])
            }
            #expect(lost?.code == .unavailable)
            // The node is away: nobody knows whether it has the volume.
            first.state.withLock { $0.failsAfterwards = false }
            let away = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v", on: ["a", "b"])
            }
            #expect(away?.code == .unavailable)
            #expect(away?.message.contains("node 'a'") == true)
            first.state.withLock { $0.failure = nil }
            #expect(try await cluster.create("v", on: ["b", "a"]).node == "a")
            #expect(cluster.nodes.flatMap(\.volumeNames) == ["v"])
        }
    }

    @Test func `a silent candidate is waited for until its creates are forgotten`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            try keep("b", for: .seconds(60), cluster)
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v")
            }
            #expect(error?.code == .unavailable)
            #expect(try await cluster.create("w", on: ["b"]).node == "b")
            try keep("b", for: .seconds(600), cluster)
            #expect(try await cluster.create("v").node == "b")
        }
    }

    @Test func `a node that left is waited for, and named as stopped`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            cluster.registry.leave(LeaveRequest(nodeID: "a", bootID: "b1"), from: "127.0.0.1")
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v")
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("'a' was stopped") == true)
            let volume = try await cluster.create("w", on: ["b"])
            #expect(volume.node == "b")
        }
    }

    @Test func `a create that still runs on a node makes no second volume elsewhere`() async throws
    {
        try await FakeCluster.with(["a", "b"]) { cluster in
            try cluster.node("a").state.withLock {
                $0.failure = DriverError(.operationPending, "CreateVolume is still running")
            }
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v", on: ["b", "a"])
            }
            #expect(error?.code == .operationPending)
            #expect(cluster.nodes.flatMap(\.volumeNames).isEmpty)
        }
    }

    @Test func `one known node of a wide topology is no reason to be in a hurry`() async throws {
        try await FakeCluster.with(["a"], isSettled: false) { cluster in
            let request = CreateVolumeRequest(
                name: "v",
                accessibilityRequirements: TopologyRequirement(requisite: [Topology(segments: [:])])
            )
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.controller.createVolume(request, FakeCluster.context)
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func `a controller that nodes could not reach waits for all of them again`() async throws
    {
        try await FakeCluster.with(["a", "b"]) { cluster in
            cluster.pass(.seconds(700))
            try cluster.registerNode("b")
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v")
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func `a tier that no node has is named with those that exist`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v", tier: "gold")
            }
            #expect(error?.code == .outOfSpace)
            #expect(error?.message.contains("tier 'gold'") == true)
            #expect(error?.message.contains("fast") == true)
        }
    }

    @Test func `a controller that has just started waits for all nodes`() async throws {
        try await FakeCluster.with(["a", "b"], isSettled: false) { cluster in
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v")
            }
            #expect(error?.code == .unavailable)
            let volume = try await cluster.create("v", on: ["a"])
            #expect(volume.node == "a")
        }
    }

    @Test func `a restore goes to the node of its source`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let source = try await cluster.create("v", on: ["b"])
            let request = CreateVolumeRequest(
                name: "w",
                volumeContentSource: VolumeContentSource(
                    type: .volume(.init(volumeID: source.volumeID))
                )
            )
            let answer = try await cluster.controller.createVolume(request, FakeCluster.context)
            #expect(answer.volume?.node == "b")
            var excluded = request
            excluded.accessibilityRequirements = TopologyRequirement(
                requisite: [Topology(segments: [NodeIdentity.topologyKey: "a"])]
            )
            let refused = excluded
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.controller.createVolume(refused, FakeCluster.context)
            }
            #expect(error?.code == .outOfSpace)
        }
    }

    @Test func `a request without a name is refused by a node`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let error = await #expect(throws: DriverError.self) { _ = try await cluster.create("") }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message == "node 'a': name is missing")
        }
    }
}
