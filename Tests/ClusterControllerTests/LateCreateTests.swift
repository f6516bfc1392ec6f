import CSIMessages
import DriverCore
import Naming
import Synchronization
import TestSupport
import Testing

@testable import ClusterController

/// A create that concerns one node alone claims nothing where the node can tell that it is not late.
@Suite(.timeLimit(.minutes(5))) struct `Creates in one call` {
    @Test(arguments: [["a"], []])
    func `make a volume on the one node that can have it`(_ requisite: [String]) async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let volume = try await cluster.create("v", on: requisite)
            #expect(try await cluster.create("v", on: requisite, by: cluster.replica) == volume)
            let node = try cluster.node("a")
            #expect(node.calls("CreateVolume") == 2)
            #expect(node.calls("ControllerGetVolume") == 0)
        }
    }

    @Test func `follow a claim where there are other nodes, or the node gives no permits`()
        async throws
    {
        try await FakeCluster.with(["a", "b"]) { cluster in
            _ = try await cluster.create("v")
            #expect(cluster.nodes.map { $0.calls("ControllerGetVolume") } == [1, 1])
            try cluster.node("a").state.withLock { $0.givesPermits = false }
            try cluster.registerNode("a")
            _ = try await cluster.create("w", on: ["a"])
            #expect(cluster.nodes.map { $0.calls("ControllerGetVolume") } == [2, 1])
        }
    }

    @Test func `are claimed after all where the node takes the permit no more`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let node = try cluster.node("a")
            node.restart()
            _ = try await cluster.create("v", on: ["a"])
            #expect(node.calls("CreateVolume") == 2)
            #expect(node.calls("ControllerGetVolume") == 1)
            #expect(node.volumeNames == ["v"])
        }
    }

    @Test func `say what the node says`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let node = try cluster.node("a")
            node.state.withLock { $0.room = 0 }
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v", on: ["a"])
            }
            #expect(error?.code == .outOfSpace)
            #expect(node.calls("CreateVolume") == 1)
        }
    }

    enum Event: CaseIterable { case deletion, volumeElsewhere, restart }

    @Test(arguments: Event.allCases)
    func `make nothing when they come late`(_ event: Event) async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let node = try cluster.node("a")
            node.gate.shut()
            let late = Task { try await cluster.create("v", on: ["a"]) }
            await node.gate.arrival()
            late.cancel()
            await #expect(throws: DriverError.self) { _ = try await late.value }
            cluster.pass(.milliseconds(1))
            switch event {
            case .deletion:
                let id = NodeIdentity.volumeID(forName: "v", onNode: "a").text
                let request = DeleteVolumeRequest(volumeID: id)
                _ = try await cluster.replica.deleteVolume(request, FakeCluster.context)
            case .volumeElsewhere:
                let volume = try await cluster.create("v", on: ["a", "b"], by: cluster.replica)
                #expect(volume.node == "b")
            case .restart: node.restart()
            }
            node.gate.open()
            try await wait(for: "the end of the create") {
                node.state.withLock(\.endedCreates) == 1
            }
            #expect(node.volumeNames.isEmpty)
        }
    }

    @Test(arguments: [0, 200, 2000])
    func `of two controllers make one volume, which stays deleted`(_ microseconds: Int)
        async throws
    {
        try await FakeCluster.with(["a"]) { cluster in
            let node = try cluster.node("a")
            node.gate.slow(to: .microseconds(microseconds))
            for _ in 0..<60 {
                cluster.pass(.milliseconds(1))
                try cluster.registerNode("a")
                cluster.pass(.milliseconds(1))
                let tries = [cluster.controller, cluster.replica].map { controller in
                    Task { try await cluster.insist(on: "v", at: ["a"], by: controller) }
                }
                let volumes = [try await tries[0].value, try await tries[1].value]
                #expect(volumes[0] == volumes[1])
                #expect(node.volumeNames == ["v"])
                let request = DeleteVolumeRequest(volumeID: volumes[0].volumeID)
                _ = try await cluster.controller.deleteVolume(request, FakeCluster.context)
                #expect(node.volumeNames.isEmpty)
            }
        }
    }
}
