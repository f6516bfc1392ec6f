import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Naming
import Synchronization
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Routing calls to nodes` {
    private func get(_ id: String, _ cluster: FakeCluster) async throws(DriverError) -> Volume? {
        let request = ControllerGetVolumeRequest(volumeID: id)
        return try await cluster.controller.getVolume(request, FakeCluster.context).volume
    }

    private func delete(_ id: String, _ cluster: FakeCluster) async throws(DriverError) {
        let request = DeleteVolumeRequest(volumeID: id)
        _ = try await cluster.controller.deleteVolume(request, FakeCluster.context)
    }

    @Test func `an id is asked of its node alone`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            let volume = try await cluster.create("v", on: ["c"])
            #expect(try await get(volume.volumeID, cluster) == volume)
            #expect(try cluster.node("a").calls("ControllerGetVolume") == 0)
            try await delete(volume.volumeID, cluster)
            #expect(try cluster.node("c").volumeNames.isEmpty)
        }
    }

    @Test func `a node's answer passes with the node in front`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let id = NodeIdentity.volumeID(forName: "none", onNode: "a").text
            let error = await #expect(throws: DriverError.self) { _ = try await get(id, cluster) }
            #expect(error?.code == .notFound)
            #expect(error?.message == "node 'a': volume \(id) does not exist")
        }
    }

    @Test(arguments: DriverError.Code.allCases)
    func `a node's code is the controller's`(_ code: DriverError.Code) async throws {
        try await FakeCluster.with(["a"]) { cluster in
            try cluster.node("a").state.withLock { $0.failure = DriverError(code, "so it is") }
            let id = NodeIdentity.volumeID(forName: "v", onNode: "a").text
            let error = await #expect(throws: DriverError.self) { _ = try await get(id, cluster) }
            #expect(error?.code == code)
        }
    }

    @Test func `a node that is gone is never a final answer`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let volume = try await cluster.create("v", on: ["a"])
            try cluster.stop("a")
            for _ in 0..<3 {
                let error = await #expect(throws: DriverError.self) {
                    try await delete(volume.volumeID, cluster)
                }
                #expect(error?.code.isFinal == false)
            }
        }
    }

    @Test func `an unknown node is unavailable, whatever the call`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let id = NodeIdentity.volumeID(forName: "v", onNode: "gone").text
            let error = await #expect(throws: DriverError.self) { try await delete(id, cluster) }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func `the caller's deadline is the node's`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let end = ContinuousClock.now + .seconds(40)
            let context = CallContext(method: "t", peer: Peer(address: "unix:"), deadline: end)
            let id = NodeIdentity.volumeID(forName: "v", onNode: "a").text
            let request = DeleteVolumeRequest(volumeID: id)
            let start = ContinuousClock.now
            _ = try await cluster.controller.deleteVolume(request, context)
            // A deadline travels as the time that is left, so the way adds to it.
            let way = ContinuousClock.now - start
            let seen = try #require(
                try cluster.node("a").state.withLock { $0.deadlines.last } ?? nil
            )
            #expect(seen <= end + way + .seconds(1) && seen > end - .seconds(5))
        }
    }

    @Test func `only a declaration lets volumes of a silent node be deleted`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let volume = try await cluster.create("v", on: ["a"])
            cluster.pass(.seconds(31))
            let refused = await #expect(throws: DriverError.self) {
                try await delete(volume.volumeID, cluster)
            }
            #expect(refused?.code == .unavailable)
            cluster.lostNodes.replace(with: [.init(nodeID: "a", bootID: "b1")])
            try await delete(volume.volumeID, cluster)
            #expect(cluster.lostNodes.uses == 1)
            // Heard from again: the declaration ends, and stays ended when it is silent again.
            try cluster.registerNode("a")
            cluster.pass(.seconds(31))
            cluster.lostNodes.replace(with: [.init(nodeID: "a", bootID: "b1")])
            await #expect(throws: DriverError.self) { try await delete(volume.volumeID, cluster) }
        }
    }

    @Test func `a declaration of another boot does not count`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let volume = try await cluster.create("v", on: ["a"])
            cluster.pass(.seconds(31))
            cluster.lostNodes.replace(with: [.init(nodeID: "a", bootID: "b0")])
            await #expect(throws: DriverError.self) { try await delete(volume.volumeID, cluster) }
        }
    }

    @Test func `a declaration does not touch a living node`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let volume = try await cluster.create("v", on: ["a"])
            cluster.lostNodes.replace(with: [.init(nodeID: "a")])
            try await delete(volume.volumeID, cluster)
            #expect(cluster.lostNodes.uses == 0)
            #expect(try cluster.node("a").volumeNames.isEmpty)
        }
    }
}
