import CSIMessages
import DriverCore
import Naming
import Synchronization
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Names of snapshots in a cluster` {
    private func conflicts(_ body: () async throws -> Void) async {
        let error = await #expect(throws: DriverError.self) { try await body() }
        #expect(error?.code == .conflict)
    }

    private func snapshotNames(_ cluster: FakeCluster) -> [String] {
        cluster.nodes.flatMap { node in node.state.withLock { $0.snapshots.keys.sorted() } }
    }

    @Test func `one name for volumes of two nodes is ALREADY_EXISTS`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let first = try await cluster.create("v", on: ["a"])
            let second = try await cluster.create("w", on: ["b"])
            let snapshot = try await cluster.snapshot(first, "s")
            await conflicts { _ = try await cluster.snapshot(second, "s") }
            #expect(try await cluster.snapshot(first, "s", by: cluster.replica) == snapshot)
            #expect(snapshotNames(cluster) == ["s"])
            #expect(cluster.nodes.map(\.claims.count) == [0, 0])
        }
    }

    @Test func `two controllers asked at once cut one snapshot`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let first = try await cluster.create("v", on: ["a"])
            let second = try await cluster.create("w", on: ["b"])
            for node in cluster.nodes { node.gate.slow(to: .microseconds(500)) }
            for round in 0..<60 {
                async let one = outcome { try await cluster.snapshot(first, "s\(round)") }
                async let other = outcome {
                    try await cluster.snapshot(second, "s\(round)", by: cluster.replica)
                }
                let codes = await [one, other]
                #expect(codes.count { $0 == nil } <= 1, "\(codes)")
                #expect(codes.allSatisfy { [nil, .conflict, .operationPending].contains($0) })
                #expect(snapshotNames(cluster).count == codes.count { $0 == nil } + round)
                // Whatever came of it, the name is there in the end, once.
                _ = await outcome { try await cluster.snapshot(first, "s\(round)") }
                #expect(snapshotNames(cluster).count == round + 1)
            }
        }
    }

    private func outcome(_ body: () async throws -> Snapshot) async -> DriverError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? DriverError)?.code ?? .hostFailure
        }
    }

    @Test func `a node that is away or broken stops no snapshot of another`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            let volume = try await cluster.create("v", on: ["a"])
            try cluster.node("b").state.withLock {
                $0.failure = DriverError(.unavailable, "broken")
            }
            try cluster.stop("c")
            let snapshot = try await cluster.snapshot(volume, "s")
            #expect(snapshot.sourceVolumeID == volume.volumeID)
        }
    }

    /// As external-snapshotter names them.
    @Test func `a name with a UUID is one volume's, and no other node is asked for it`()
        async throws
    {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let volume = try await cluster.create("v", on: ["a"])
            let name = "snapshot-0f8f2d3c-6c1a-4d5e-9b7a-3f2e1d0c9b8a"
            let snapshot = try await cluster.snapshot(volume, name)
            #expect(try await cluster.snapshot(volume, name, by: cluster.replica) == snapshot)
            #expect(try cluster.node("b").calls("GetSnapshot") == 0)
            #expect(snapshotNames(cluster) == [name])
        }
    }

    @Test(arguments: [
        "", "s", "0f8f2d3c-6c1a-4d5e-9b7a-3f2e1d0c9b8", "0f8f2d3c-6c1a-4d5e-9b7a-3f2e1d0c9b8g",
        "0f8f2d3c-6c1a-4d5e-9b7a3-f2e1d0c9b8a", "0f8f2d3c-6c1a-4d5e-9b7a-3f2e1d0c9b8a-2",
    ])
    func `every other name is asked for on all nodes`(_ end: String) async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let volume = try await cluster.create("v", on: ["a"])
            _ = try await cluster.snapshot(volume, "s\(end)")
            #expect(try cluster.node("b").calls("GetSnapshot") == 1)
        }
    }

    @Test func `a source that is no volume's id is refused by a node`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.snapshot(Volume(volumeID: "x"), "")
            }
            #expect(error?.message.contains("node 'a'") == true)
        }
    }
}
