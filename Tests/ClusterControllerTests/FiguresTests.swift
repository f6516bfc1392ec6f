import CSIMessages
import DriverCore
import GRPCRuntime
import Metrics
import Synchronization
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `The figures of a controller` {
    /// The value of a sample by its whole name.
    private func value(_ series: String, in page: MetricsText) -> Double? {
        for line in page.text.split(separator: "\n") where line.hasPrefix("\(series) ") {
            return Double(line.dropFirst(series.utf8.count + 1))
        }
        return nil
    }

    private func page(of source: some MetricsSource) -> MetricsText {
        var page = MetricsText()
        source.add(to: &page)
        return page
    }

    @Test func `nodes are counted by their state, and living ones by their age`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            cluster.pass(.seconds(10))
            try cluster.registerNode("a")
            cluster.pass(.seconds(12))
            try cluster.registerNode("b")
            cluster.pass(.seconds(8))
            let page = page(of: cluster.registry)
            // Registered 20, 8 and 30 seconds ago, of a lease of 30.
            for (state, count) in [("ready", 1.0), ("late", 1), ("silent", 1), ("lost", 0)] {
                #expect(value("cairn_nodes{state=\"\(state)\"}", in: page) == count, "\(state)")
            }
            #expect(value("cairn_node_lease_seconds", in: page) == 30)
            let age = "cairn_node_registration_age_seconds"
            #expect(value("\(age){quantile=\"0.5\"}", in: page) == 8)
            #expect(value("\(age){quantile=\"1\"}", in: page) == 20)
        }
    }

    @Test func `a tier's room is the sum of the living nodes, less what was just promised`()
        async throws
    {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let room = cluster.nodes.map { $0.state.withLock(\.room) }.reduce(0, +)
            _ = try await cluster.create("one", size: 1 << 30)
            let page = page(of: cluster.registry)
            let tier = "{tier=\"fast\"}"
            #expect(
                value("cairn_cluster_tier_available_bytes\(tier)", in: page)
                    == Double(room - 1 << 30)
            )
            #expect(value("cairn_cluster_tier_size_bytes\(tier)", in: page) == Double(200 << 30))
            let nodes = "cairn_cluster_tier_nodes"
            #expect(value("\(nodes){tier=\"fast\",state=\"available\"}", in: page) == 2)
            #expect(value("\(nodes){tier=\"fast\",state=\"unavailable\"}", in: page) == 0)
        }
    }

    @Test func `names of tiers cannot fill the page`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            for number in 0..<4 {
                var request = try #require(cluster.registry.nodes.first?.node.registration)
                request.nodeID = "many\(number)"
                request.tiers = (0..<64).map {
                    NodeTier(name: "tier-\(number)-\($0)", totalBytes: 1)
                }
                let peer = Peer(address: "ipv4:127.0.0.1:1")
                let node = try ClusterNode(request, from: peer, isNamed: false)
                _ = try cluster.registry.register(node, from: "127.0.0.1")
            }
            let page = page(of: cluster.registry)
            let names = page.text.split(separator: "\n")
                .filter { $0.hasPrefix("cairn_cluster_tier_size_bytes{") }
            #expect(names.count == 101)
            // 256 tiers and "fast", of which 100 have their names.
            let rest = "cairn_cluster_tier_nodes{tier=\"(others)\",state=\"unavailable\"}"
            #expect(try #require(value(rest, in: page)) >= 156)
        }
    }

    @Test func `each call to a node is counted by its end`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let create = "cairn_hops_total{method=\"/csi.v1.Controller/CreateVolume\",code="
            _ = try await cluster.create("one", on: ["a"])
            var page = page(of: cluster.hops)
            #expect(value("\(create)\"OK\"}", in: page) == 1)
            let durations = "cairn_hop_duration_seconds_count"
            let method = "{method=\"/csi.v1.Controller/CreateVolume\"}"
            #expect(value(durations + method, in: page) == 1)
            try cluster.node("a").state.withLock {
                $0.failure = DriverError(.unavailable, "its disk is away")
            }
            await #expect(throws: DriverError.self) {
                try await cluster.create("two", on: ["a"])
            }
            page = self.page(of: cluster.hops)
            #expect(value("\(create)\"OK\"}", in: page) == 1)
            let failed = page.text.split(separator: "\n").filter {
                $0.hasPrefix("cairn_hops_total{") && $0.contains("code=\"UNAVAILABLE\"")
            }
            #expect(!failed.isEmpty, "\(page.text)")
        }
    }
}
