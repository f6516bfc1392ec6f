import CSIMessages
import DriverCore
import Synchronization
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Lists over all nodes` {
    private func pages(of cluster: FakeCluster, by count: Int32) async throws -> [[String]] {
        var (pages, token) = ([[String]](), "")
        repeat {
            let request = ListVolumesRequest(maxEntries: count, startingToken: token)
            let page = try await cluster.controller.listVolumes(request, FakeCluster.context)
            pages.append(page.entries.compactMap { $0.volume?.volumeID })
            token = page.nextToken
        } while !token.isEmpty
        return pages
    }

    @Test(arguments: [0, 1, 2, 3, 7, 100] as [Int32])
    func `pages hold every volume once`(_ count: Int32) async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            var made: Set<String> = []
            for index in 0..<7 {
                let node = ["a", "c"][index % 2]
                made.insert(try await cluster.create("v\(index)", on: [node]).volumeID)
            }
            let pages = try await pages(of: cluster, by: count)
            #expect(pages.joined().count == 7)
            #expect(Set(pages.joined()) == made)
            if count > 0 { #expect(pages.allSatisfy { $0.count <= Int(count) }) }
        }
    }

    /// Also where a node is asked ahead for more than its page takes in the end.
    @Test(arguments: [4, 5, 9] as [Int32])
    func `pages go across many nodes in the order of their ids`(_ count: Int32) async throws {
        let ids = ["a", "b", "c", "d", "e", "f"]
        try await FakeCluster.with(ids) { cluster in
            var made: [String] = []
            for index in 0..<18 {
                made.append(try await cluster.create("v\(index)", on: [ids[index % 6]]).volumeID)
            }
            let pages = try await pages(of: cluster, by: count)
            #expect(Array(pages.joined()) == made.sorted())
            #expect(pages.dropLast().allSatisfy { $0.count == Int(count) })
        }
    }

    @Test func `a failure of a node that the page does not reach is not the page's`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            let order = cluster.registry.nodes.map(\.node.id)
            for index in 0..<2 { _ = try await cluster.create("v\(index)", on: [order[0]]) }
            let failure = DriverError(.hostFailure, "broken")
            try cluster.node(order[2]).state.withLock { $0.failure = failure }
            let page = try await cluster.controller.listVolumes(
                ListVolumesRequest(maxEntries: 2),
                FakeCluster.context
            )
            #expect(page.entries.count == 2)
            let error = await #expect(throws: DriverError.self) {
                let rest = ListVolumesRequest(startingToken: page.nextToken)
                _ = try await cluster.controller.listVolumes(rest, FakeCluster.context)
            }
            #expect(error?.code == .hostFailure)
            #expect(error?.message.contains("'\(order[2])'") == true)
        }
    }

    @Test(arguments: [0, 2] as [Int32])
    func `descriptions are paged as the volumes are, and tell what their nodes know`(
        _ count: Int32
    ) async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            for index in 0..<5 {
                _ = try await cluster.create("v\(index)", on: [["a", "c"][index % 2]])
            }
            var (names, token) = ([String](), "")
            repeat {
                let request = DescribeVolumesRequest(maxEntries: count, startingToken: token)
                let page = try await cluster.controller.describeVolumes(
                    request,
                    FakeCluster.context
                )
                names += page.volumes.map(\.name)
                token = page.nextToken
            } while !token.isEmpty
            #expect(names.sorted() == ["v0", "v1", "v2", "v3", "v4"])
        }
    }

    @Test func `a node that is away makes descriptions an error`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            for _ in 0..<4 {
                cluster.pass(.seconds(10))
                try cluster.registerNode("a")
            }
            let error = await #expect(throws: DriverError.self) {
                try await cluster.controller.describeVolumes(
                    DescribeVolumesRequest(),
                    FakeCluster.context
                )
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("'b'") == true)
        }
    }

    @Test func `a token stays good while volumes and nodes go`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            for index in 0..<6 {
                _ = try await cluster.create("v\(index)", on: [["a", "b"][index % 2]])
            }
            let first = try await cluster.controller.listVolumes(
                ListVolumesRequest(maxEntries: 2),
                FakeCluster.context
            )
            let last = try #require(first.entries.last?.volume?.volumeID)
            let request = DeleteVolumeRequest(volumeID: last)
            _ = try await cluster.controller.deleteVolume(request, FakeCluster.context)
            let rest = try await cluster.controller.listVolumes(
                ListVolumesRequest(startingToken: first.nextToken),
                FakeCluster.context
            )
            #expect(rest.entries.count == 4)
        }
    }

    @Test func `a node that is away makes a list an error`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            for _ in 0..<4 {
                cluster.pass(.seconds(10))
                try cluster.registerNode("a")
            }
            let error = await #expect(throws: DriverError.self) {
                _ = try await pages(of: cluster, by: 0)
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("'b'") == true)
            cluster.lostNodes.replace(with: [.init(nodeID: "b")])
            #expect(try await pages(of: cluster, by: 0) == [[]])
        }
    }

    @Test(arguments: ["x", "n1-", "n1-0123", "n1-0123456789abcdeg-", "v1-0"])
    func `a foreign token is ABORTED`(_ token: String) async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let request = ListVolumesRequest(startingToken: token)
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.controller.listVolumes(request, FakeCluster.context)
            }
            #expect(error?.code == .operationPending)
        }
    }
}
