import CSIMessages
import CSIServices
import CSIServing
import DriverCore
import Host
import Naming
import NodeStorage
import Synchronization
import TestSupport
import Testing

@testable import ClusterController

@Suite(.timeLimit(.minutes(5))) struct `Two controllers and one name` {
    /// Claims are given back beside the answer; by the clock of the test no lease ends meanwhile.
    private func expectNoClaims(_ cluster: FakeCluster) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while cluster.nodes.contains(where: { $0.claims.count > 0 }), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(cluster.nodes.map(\.claims.count) == cluster.nodes.map { _ in 0 })
    }

    @Test(arguments: [0, 200, 2000])
    func `make one volume, however their steps interleave`(_ microseconds: Int) async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            for node in cluster.nodes { node.gate.slow(to: .microseconds(microseconds)) }
            for round in 0..<60 {
                // Often the first choice of one of them is full.
                let roomy = cluster.nodes.randomElement()?.id
                for node in cluster.nodes {
                    let hasRoom = node.id == roomy || Bool.random()
                    node.state.withLock { $0.room = hasRoom ? 100 << 30 : 0 }
                }
                let tries = [cluster.controller, cluster.replica].map { controller in
                    Task { try await cluster.insist(on: "v\(round)", by: controller) }
                }
                let volumes = [try await tries[0].value, try await tries[1].value]
                #expect(volumes[0] == volumes[1])
                #expect(cluster.nodes.map(\.volumeNames.count).reduce(0, +) == round + 1)
            }
            try await expectNoClaims(cluster)
        }
    }

    /// The nodes answer, claim and make in the order of a real node, over a back end whose steps take
    /// their time.
    @Test(arguments: [0, 200, 2000])
    func `make one volume on real nodes, however their steps interleave`(_ microseconds: Int)
        async throws
    {
        try await withTemporaryFolder { folder in
            let nodes = RealNodes(in: folder.path, slowedTo: .microseconds(microseconds))
            try await FakeCluster.with(["a", "b", "c"], serving: nodes.controller(of:)) { cluster in
                for round in 0..<40 {
                    let roomy = cluster.nodes.randomElement()?.id
                    for (id, backend) in nodes.backends {
                        backend.fill(id != roomy && Bool.random())
                    }
                    let tries = [cluster.controller, cluster.replica].map { controller in
                        Task { try await cluster.insist(on: "v\(round)", by: controller) }
                    }
                    let volumes = [try await tries[0].value, try await tries[1].value]
                    #expect(volumes[0] == volumes[1])
                    let counts = try nodes.backends.values.map { try $0.volumes().count }
                    #expect(counts.reduce(0, +) == round + 1)
                }
                try await expectNoClaims(cluster)
            }
        }
    }

    @Test func `a controller that stops before its create comes too late`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let first = cluster.controller.placedFirst(cluster)
            let node = try cluster.node(first)
            node.gate.shut()
            let late = Task { try await cluster.create("v") }
            await node.gate.arrival()
            let early = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("v", by: cluster.replica)
            }
            #expect(early?.code == .operationPending)
            try cluster.live(.seconds(60))
            let volume = try await cluster.create("v", by: cluster.replica)
            #expect(volume.node != first)
            node.gate.open()
            let outcome = await Result { try await late.value }
            #expect(outcome.code == .operationPending)
            #expect(cluster.nodes.flatMap(\.volumeNames) == ["v"])
            #expect(try await cluster.create("v") == volume)
            try await expectNoClaims(cluster)
        }
    }

    @Test func `a create whose deadline has passed gives its claim back`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let node = try cluster.node(cluster.controller.placedFirst(cluster))
            node.gate.shut()
            let late = await Result { try await cluster.create("v", within: .milliseconds(500)) }
            #expect(late.code == .timedOut)
            try await expectNoClaims(cluster)
            node.gate.open()
            _ = try await cluster.insist(on: "v", by: cluster.replica)
            #expect(cluster.nodes.flatMap(\.volumeNames) == ["v"])
        }
    }

    @Test func `a node that has started anew makes nothing for a claim that it forgot`()
        async throws
    {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let node = try cluster.node(cluster.controller.placedFirst(cluster))
            node.gate.shut()
            let made = Task { try await cluster.create("v") }
            await node.gate.arrival()
            node.restart()
            node.gate.open()
            let outcome = await Result { try await made.value }
            #expect(outcome.code == .operationPending)
            #expect(cluster.nodes.flatMap(\.volumeNames).isEmpty)
            #expect(try await cluster.create("v").node == node.id)
        }
    }

    @Test func `a name that somebody else has claimed is ABORTED until the claim ends`()
        async throws
    {
        try await FakeCluster.with(["a", "b"]) { cluster in
            for node in cluster.nodes {
                let id = NodeIdentity.volumeID(forName: "v", onNode: node.id).text
                try node.claims.take(id, for: "another")
                let error = await #expect(throws: DriverError.self) {
                    _ = try await cluster.create("v")
                }
                #expect(error?.code == .operationPending)
                #expect(cluster.nodes.map(\.claims.count).reduce(0, +) == 1)
                try cluster.live(.seconds(30))
            }
            _ = try await cluster.create("v")
        }
    }

    @Test func `one node alone is asked for what one topology names`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            _ = try await cluster.create("v", on: ["a"])
            #expect(cluster.nodes.map { $0.calls("ControllerGetVolume") } == [0, 0])
            #expect(cluster.nodes.map { $0.calls("CreateVolume") } == [1, 0])
            let id = NodeIdentity.volumeID(forName: "w", onNode: "a").text
            try cluster.node("a").claims.take(id, for: "another")
            let error = await #expect(throws: DriverError.self) {
                _ = try await cluster.create("w", on: ["a"])
            }
            #expect(error?.code == .operationPending)
        }
    }

    @Test func `a create that comes late does not make again what was deleted`() async throws {
        try await FakeCluster.with(["a"]) { cluster in
            let node = try cluster.node("a")
            node.state.withLock { $0.givesPermits = false }
            try cluster.registerNode("a")
            node.gate.shut()
            let late = Task { try await cluster.create("v", on: ["a"]) }
            await node.gate.arrival()
            try cluster.live(.seconds(30))
            let other = Task {
                try await cluster.insist(on: "v", at: ["a"], by: cluster.replica)
            }
            // Both have come; the claim is that of the second one.
            try await wait(for: "the second create") { node.calls("CreateVolume") == 2 }
            node.gate.open()
            let outcome = await Result { try await late.value }
            let volume = try await other.value
            #expect(outcome.code == .operationPending)
            let request = DeleteVolumeRequest(volumeID: volume.volumeID)
            _ = try await cluster.controller.deleteVolume(request, FakeCluster.context)
            #expect(node.volumeNames.isEmpty)
        }
    }

    @Test func `the next candidate of a full one is claimed before its create`() async throws {
        try await FakeCluster.with(["a", "b", "c"]) { cluster in
            try cluster.node("a").state.withLock { $0.room = 0 }
            try cluster.node("b").state.withLock { $0.room = 0 }
            let last = try cluster.node("c")
            last.gate.shut()
            let made = Task { try await cluster.create("v", on: ["a", "b", "c"]) }
            await last.gate.arrival()
            #expect(last.claims.count == 1)
            last.gate.open()
            #expect(try await made.value.node == "c")
            try await expectNoClaims(cluster)
        }
    }

    @Test func `a create that fails gives its claims back`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            for node in cluster.nodes { node.state.withLock { $0.room = 0 } }
            await #expect(throws: DriverError.self) { _ = try await cluster.create("v") }
            try await expectNoClaims(cluster)
            try cluster.node("b").state.withLock { $0.failure = DriverError(.unavailable, "away") }
            await #expect(throws: DriverError.self) { _ = try await cluster.create("v") }
            try await expectNoClaims(cluster)
        }
    }

    @Test func `a volume is found while the node that would be chosen is away`() async throws {
        try await FakeCluster.with(["a", "b"]) { cluster in
            let volume = try await cluster.create("v", on: ["b"])
            try cluster.node("a").state.withLock { $0.failure = DriverError(.unavailable, "away") }
            #expect(try await cluster.create("v", on: ["a", "b"]) == volume)
        }
    }
}

/// The Controller service of real nodes, each over a back end in memory.
private final class RealNodes: Sendable {
    private let folder: String
    private let longest: Duration
    private let made = Mutex<[String: ScriptedBackend]>([:])

    init(in folder: String, slowedTo longest: Duration) {
        self.folder = folder
        self.longest = longest
    }

    var backends: [String: ScriptedBackend] { made.withLock(\.self) }

    /// One that shares its claims with the fake node whose place it takes.
    func controller(of node: FakeNode) throws -> any ControllerService {
        try Paths.makeFolder("\(folder)/\(node.id)")
        let backend = ScriptedBackend(folder: "\(folder)/\(node.id)")
        backend.slow(to: longest)
        made.withLock { $0[node.id] = backend }
        let tiers = Tiers(
            [Tier(named: "fast", over: backend, defaultFilesystem: .ext4)],
            default: "fast",
            logger: quietLogger
        )
        tiers.start()
        return LocalController(
            identity: try NodeIdentity(
                driverName: "t.csi",
                version: "0",
                nodeID: node.id,
                topology: [:]
            ),
            tiers: tiers,
            operations: Operations(
                changes: BlockingPool(threads: 4),
                readers: BlockingPool(threads: 4)
            ),
            usage: try VolumeUsageBook(folder: "\(folder)/\(node.id)-usage"),
            admission: Admission(),
            unstagePatience: .zero,
            kinds: [],
            nameClaims: node.claims
        )
    }
}

extension ClusterController {
    /// The node that a create without topology goes to.
    fileprivate func placedFirst(_ cluster: FakeCluster) -> String {
        let wanted = PlacementRequest(tier: nil, requisite: [], preferred: [])
        return placement.candidates(for: wanted, among: registry.nodes)[0].node.id
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }

    fileprivate var code: DriverError.Code? {
        if case .failure(let error as DriverError) = self { return error.code }
        return nil
    }
}
