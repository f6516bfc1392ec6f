import CSIMessages
import DriverCore
import GRPCRuntime
import Naming
import TestSupport
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Registrations of nodes` {
    @Test func `an id that a living node holds is refused to another one`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            #expect(throws: DriverError.self) {
                try cluster.registerNode("a", boot: "b2", from: "127.0.0.2")
            }
            cluster.pass(.seconds(30))
            try cluster.registerNode("a", boot: "b2", from: "127.0.0.2")
        }
    }

    @Test func `an id is free as soon as its node has left`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            cluster.registry.leave(LeaveRequest(nodeID: "a", bootID: "b1"), from: "127.0.0.1")
            try cluster.registerNode("a", from: "127.0.0.2")
        }
    }

    @Test func `a node cannot leave for another one`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            cluster.registry.leave(LeaveRequest(nodeID: "a", bootID: "b1"), from: "127.0.0.9")
            #expect(cluster.registry.nodes.map(\.state) == [.ready])
        }
    }

    @Test func `a node that its certificate names is not replaced by one without`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let request = try #require(cluster.registry.nodes.first?.node.registration)
            let peer = Peer(address: "ipv4:127.0.0.3:1")
            let named = try ClusterNode(request, from: peer, isNamed: true)
            _ = try cluster.registry.register(named, from: "127.0.0.3")
            cluster.pass(.seconds(60))
            #expect(throws: DriverError.self) { try cluster.registerNode("a") }
        }
    }

    @Test(arguments: [Int64.min, -1])
    func `negative figures are refused`(_ figure: Int64) async throws {
        try await FakeCluster.with(["a"]) { cluster in
            var request = try #require(cluster.registry.nodes.first?.node.registration)
            request.tiers[0].availableBytes = figure
            let peer = Peer(address: "ipv4:127.0.0.1:1")
            let registration = request
            #expect(throws: DriverError.self) {
                try ClusterNode(registration, from: peer, isNamed: false)
            }
        }
    }

    /// Thin tiers promise more than they have, and their sums over all nodes must fit.
    @Test func `a tier larger than sums can take joins with the largest figure`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            var request = try #require(cluster.registry.nodes.first?.node.registration)
            request.tiers[0].availableBytes = .max
            let peer = Peer(address: "ipv4:127.0.0.1:1")
            let node = try ClusterNode(request, from: peer, isNamed: false)
            #expect(node.registration.tiers[0].availableBytes == 1 << 48)
        }
    }

    @Test(arguments: [(most: 2, closes: false), (most: 1, closes: true)])
    func `nodes beyond those whose connections the controller keeps close theirs`(
        _ limit: (most: Int, closes: Bool)
    ) async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let service = RegistryService(
                registry: cluster.registry,
                policy: .ofControllers(requiringNodeNames: false),
                driverName: "csi.cairn.storage",
                version: "1",
                mostConnections: limit.most,
                now: { Timestamp(seconds: 0, nanoseconds: 0) },
                logger: quietLogger
            )
            let peer = Peer(
                address: "ipv4:127.0.0.1:1",
                certificateNames: [PeerRole.nodeName]
            )
            let context = CallContext(method: "test", peer: peer)
            for (id, closes) in [("a", false), ("b", limit.closes)] {
                let view = cluster.registry.nodes.first { $0.node.id == id }
                let request = try #require(view?.node.registration)
                #expect(try await service.register(request, context).disconnect == closes)
            }
        }
    }

    /// It may have the volume that a create asks for again, and nobody here knows of it.
    @Test func `a controller that has just started waits for a node that others tell of`()
        async throws
    {
        try await FakeCluster.with(["a", "b"], isSettled: false) { cluster in
            func wait(_ lease: Int) throws {
                for _ in 0..<(3 * lease) {
                    cluster.pass(NodeRegistry.defaultLease / 3)
                    try cluster.registerNode("a", knownNodes: 3)
                    try cluster.registerNode("b")
                }
            }
            try wait(1)
            #expect(!cluster.registry.isSettled)
            let error = await #expect(throws: DriverError.self) { try await cluster.create("v") }
            #expect(error?.code == .unavailable)
            try wait(19)
            #expect(cluster.registry.isSettled)
            #expect(try await cluster.create("v").node != nil)
        }
    }

    @Test func `a controller counts the nodes that may still matter to a create`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            #expect(cluster.registry.knownNodes == 3)
            cluster.pass(.seconds(599))
            try cluster.registerNode("a")
            #expect(cluster.registry.knownNodes == 3)
            cluster.pass(.seconds(2))
            #expect(cluster.registry.knownNodes == 1)
            cluster.lostNodes.replace(with: [.init(nodeID: "a")])
            cluster.pass(.seconds(2))
            #expect(cluster.registry.knownNodes == 0)
        }
    }

    @Test func `a node that is declared lost is forgotten, and still counts as lost`() async throws
    {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            cluster.lostNodes.replace(with: [.init(nodeID: "c", bootID: "b1")])
            let digest = NodeIdentity.idDigest(ofNode: "c")
            func new(_ id: String) throws -> Int? {
                let request = RegisterRequest(
                    nodeID: id,
                    driverName: "csi.cairn.storage",
                    version: "1",
                    endpoint: "127.0.0.1:1"
                )
                let peer = Peer(address: "ipv4:127.0.0.1:1")
                let node = try ClusterNode(request, from: peer, isNamed: false)
                return try cluster.registry.register(node, from: "127.0.0.1").serial
            }
            cluster.pass(.seconds(599))
            #expect(try new("d") == 3)
            #expect(cluster.registry.nodes.count == 4)
            cluster.pass(.seconds(2))
            #expect(try new("e") == 4)
            #expect(cluster.registry.nodes.map(\.node.id).sorted() == ["a", "b", "d", "e"])
            #expect(cluster.registry.isLost(digest: digest))
            try cluster.registerNode("c")
            #expect(!cluster.registry.isLost(digest: digest))
        }
    }

    @Test func `a registration that comes after its farewell changes nothing`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            var request = try #require(cluster.registry.nodes.first?.node.registration)
            request.instanceID = "i1"
            let peer = Peer(address: "ipv4:127.0.0.1:1")
            let node = try ClusterNode(request, from: peer, isNamed: false)
            _ = try cluster.registry.register(node, from: "127.0.0.1")
            let farewell = LeaveRequest(nodeID: "a", bootID: "b1", instanceID: "i1")
            cluster.registry.leave(farewell, from: "127.0.0.1")
            _ = try cluster.registry.register(node, from: "127.0.0.1")
            #expect(cluster.registry.nodes.map(\.state) == [.leaving])
        }
    }

    @Test func `a node is ready, then late, then silent`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            #expect(cluster.registry.nodes.map(\.state) == [.ready])
            cluster.pass(.seconds(21))
            #expect(cluster.registry.nodes.map(\.state) == [.late])
            cluster.pass(.seconds(10))
            #expect(cluster.registry.nodes.map(\.state) == [.silent])
        }
    }

    @Test(arguments: [
        ("ipv4:10.0.0.1:4711", "10.0.0.1"), ("ipv6:%5Bfd00::1%5D:4711", "fd00::1"),
        ("ipv6:[fd00::1]:4711", "fd00::1"), ("unix:", nil),
    ])
    func `the address of a peer is read from C-core's text`(_ text: String, _ host: String?) {
        #expect(Peer(address: text).host == host)
    }

    @Test(arguments: [
        ("10.0.0.1:99", false, "10.0.0.1:99"), ("0.0.0.0:99", false, "10.0.0.1:99"),
        ("10.0.0.2:99", false, nil), ("10.0.0.2:99", true, "10.0.0.2:99"),
        ("unix:///x", true, nil), ("", true, nil),
    ])
    func `a node answers where it registers from`(
        _ text: String,
        _ isNamed: Bool,
        _ expected: String?
    ) {
        let request = RegisterRequest(
            nodeID: "a",
            driverName: "csi.cairn.storage",
            version: "1",
            endpoint: text
        )
        let peer = Peer(address: "ipv4:10.0.0.1:4711")
        let node = try? ClusterNode(request, from: peer, isNamed: isNamed)
        #expect(node.map { "\($0.endpoint)" } == expected.map { "tcp://\($0)" })
    }

    @Test func `the list of lost nodes is read line by line`() throws {
        let text = "# gone\na\nb boot-1 2026-01-02T03:04:05Z # fire\n\n"
        #expect(
            try LostNodes.parse(text) == [
                .init(nodeID: "a"),
                .init(nodeID: "b", bootID: "boot-1", time: "2026-01-02T03:04:05Z"),
            ]
        )
        #expect(throws: DriverError.self) { try LostNodes.parse("a b c d") }
        #expect(throws: DriverError.self) { try LostNodes.parse("a\na") }
    }
}
