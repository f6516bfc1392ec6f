import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Logging
import Naming
import Synchronization
import TestSupport
import Testing

@testable import ClusterController

/// A cluster controller over nodes that answer on TCP, fake ones where a test does not serve others, with a clock that the test moves.
final class FakeCluster: Sendable {
    let nodes: [FakeNode]
    let lostNodes = LostNodes()
    let registry: NodeRegistry
    let controller: ClusterController
    /// Another replica, which chooses nodes in another order.
    let replica: ClusterController
    private let clock = TestClock()
    private let servers: [Server]
    let channels: NodeChannels
    let hops = HopFigures()

    /// Connections to nodes that are kept.
    static let mostKept = 4

    static let context = CallContext(method: "test", peer: Peer(address: "unix:"))

    /// `certificates` is a folder of scripts/make-certificates.sh.
    private init(
        _ ids: [String],
        isSettled: Bool,
        certificates: String,
        serving: (FakeNode) throws -> any ControllerService
    ) throws {
        channels = NodeChannels(
            tls: TLSFiles(folder: "\(certificates)/controller"),
            mostKept: Self.mostKept
        )
        let start = ContinuousClock.now
        let clock = clock
        let now = { @Sendable in start + clock.time }
        nodes = ids.map { FakeNode($0, now: now) }
        servers = try nodes.map { node in
            var router = Router()
            try serving(node).register(in: &router)
            var configuration = ServerConfiguration(
                endpoints: [.tcp(host: "127.0.0.1", port: 0)],
                tls: TLSFiles(folder: "\(certificates)/node")
            )
            // As a node does: a controller pings where a call takes long, as on a busy machine.
            configuration.minimumClientPingInterval = .seconds(5)
            return try Server(configuration, router: router)
        }
        registry = NodeRegistry(lostNodes: lostNodes, now: now)
        controller = Self.controller(registry, lostNodes, channels, hops, LocalPlacement())
        replica = Self.controller(registry, lostNodes, channels, hops, ReversedPlacement())
        for id in ids { try registerNode(id) }
        if isSettled {
            for _ in 0..<3 {
                pass(NodeRegistry.defaultLease / 3)
                for id in ids { try registerNode(id) }
            }
        }
    }

    private static func controller(
        _ registry: NodeRegistry,
        _ lostNodes: LostNodes,
        _ channels: NodeChannels,
        _ hops: HopFigures,
        _ placement: any PlacementPolicy
    ) -> ClusterController {
        ClusterController(
            registry: registry,
            lostNodes: lostNodes,
            hop: NodeHop(channels: channels, figures: hops),
            placement: placement,
            // Nodes share a busy machine's processors with other tests.
            patience: .seconds(100),
            logger: Logger(label: "test")
        )
    }

    /// Serves the nodes while the body runs.
    static func with(
        _ ids: [String],
        isSettled: Bool = true,
        serving: @escaping (FakeNode) throws -> any ControllerService = { $0 },
        _ body: @Sendable @escaping (FakeCluster) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let cluster = try FakeCluster(
                ids,
                isSettled: isSettled,
                certificates: try await folder.makeCertificates(),
                serving: serving
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                for server in cluster.servers { group.addTask { await server.serve() } }
                let result = await Result { try await body(cluster) }
                await cluster.channels.closeAll()
                for server in cluster.servers { server.shutdown(grace: .zero) }
                try result.get()
            }
        }
    }

    func pass(_ time: Duration) { clock.pass(time) }

    /// Time passes while all nodes register as they should.
    func live(_ time: Duration) throws {
        for _ in 0..<Int(time / .seconds(10)) {
            pass(.seconds(10))
            for node in nodes { try registerNode(node.id) }
        }
    }

    func node(_ id: String) throws -> FakeNode { try #require(nodes.first { $0.id == id }) }

    /// The node stops answering at once, as one whose machine is gone.
    func stop(_ id: String) throws {
        let index = try #require(nodes.firstIndex { $0.id == id })
        servers[index].shutdown(grace: .zero)
    }

    func registerNode(
        _ id: String,
        boot: String = "b1",
        from host: String = "127.0.0.1",
        surveyMilliseconds: Int64 = 0,
        knownNodes: Int64 = 0,
        clockOffset: Duration = .zero,
        tier: String = "fast"
    ) throws {
        let index = try #require(nodes.firstIndex { $0.id == id })
        let room = nodes[index].state.withLock(\.room)
        let request = RegisterRequest(
            nodeID: id,
            bootID: boot,
            driverName: "csi.cairn.storage",
            version: "1",
            endpoint: "0.0.0.0:\(servers[index].boundPorts[0])",
            segments: [NodeIdentity.topologyKey: id],
            tiers: [
                NodeTier(
                    name: tier,
                    backend: "loop",
                    isDefault: true,
                    isAvailable: true,
                    totalBytes: 100 << 30,
                    availableBytes: room,
                    maximumVolumeBytes: room,
                    sizeUnitBytes: 4096,
                    minimumVolumeBytes: 1 << 20
                )
            ],
            surveyMilliseconds: surveyMilliseconds,
            knownNodes: knownNodes,
            createPermit: nodes[index].permit
        )
        let peer = Peer(address: "ipv4:\(host):4711")
        let node = try ClusterNode(request, from: peer, isNamed: false)
        _ = try registry.register(node, from: host, clockOffset: clockOffset)
    }

    func create(
        _ name: String,
        size: Int64 = 1 << 30,
        on requisite: [String] = [],
        tier: String? = nil,
        by controller: ClusterController? = nil,
        within limit: Duration? = nil
    )
        async throws(DriverError) -> Volume
    {
        let topologies = requisite.map { Topology(segments: [NodeIdentity.topologyKey: $0]) }
        let request = CreateVolumeRequest(
            name: name,
            capacityRange: CapacityRange(requiredBytes: size),
            volumeCapabilities: [
                VolumeCapability(
                    accessType: .mount(.init()),
                    accessMode: .init(mode: .singleNodeWriter)
                )
            ],
            parameters: tier.map { ["tier": $0] } ?? [:],
            accessibilityRequirements: requisite.isEmpty
                ? nil : TopologyRequirement(requisite: topologies, preferred: topologies)
        )
        let asked = controller ?? self.controller
        let deadline = limit.map { ContinuousClock.now + $0 }
        let context = CallContext(method: "test", peer: Self.context.peer, deadline: deadline)
        let response = try await asked.createVolume(request, context)
        return response.volume ?? Volume()
    }

    /// Asks again as a sidecar does, as long as the answer is ABORTED.
    func insist(on name: String, at places: [String] = [], by controller: ClusterController)
        async throws(DriverError) -> Volume
    {
        for _ in 0..<1000 {
            do throws(DriverError) {
                return try await create(name, on: places, by: controller)
            } catch  where error.code == .operationPending {
                await Task.yield()
            }
        }
        throw DriverError(.timedOut, "the call is still answered ABORTED")
    }

    func snapshot(_ volume: Volume, _ name: String, by controller: ClusterController? = nil)
        async throws(DriverError) -> Snapshot
    {
        let request = CreateSnapshotRequest(sourceVolumeID: volume.volumeID, name: name)
        let asked = controller ?? self.controller
        return try await asked.createSnapshot(request, Self.context).snapshot ?? Snapshot()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

extension Volume {
    /// The node that the volume says it is accessible from.
    var node: String? { accessibleTopology.first?.segments[NodeIdentity.topologyKey] }
}

/// As though this replica knew other figures of the nodes than the other one.
private struct ReversedPlacement: PlacementPolicy {
    func candidates(for volume: PlacementRequest, among nodes: [NodeView]) -> [NodeView] {
        LocalPlacement().candidates(for: volume, among: nodes).reversed()
    }
}

private final class TestClock: Sendable {
    private let passed = Mutex(Duration.zero)
    var time: Duration { passed.withLock(\.self) }
    func pass(_ time: Duration) { passed.withLock { $0 += time } }
}
