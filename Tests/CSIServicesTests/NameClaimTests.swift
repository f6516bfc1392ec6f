import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Host
import Naming
import NodeStorage
import Synchronization
import TestSupport
import Testing

@testable import CSIServices

/// What a node answers to the claims of controllers.
@Suite(.timeLimit(.minutes(5))) struct NameClaimTests {
    @Test func `a volume is made for the claim that holds its name, and for no other one`()
        async throws
    {
        try await withNode { (node) async throws in
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.question(.take, "b") == .operationPending)
            #expect(await node.question(.ask, "b") == .operationPending)
            #expect(await node.question(.ask, "a") == .notFound)
            #expect(await node.question(nil, "") == .operationPending)
            #expect(await node.create(.use, "b") == .operationPending)
            #expect(await node.create(nil, "") == .operationPending)
            #expect(try node.backend.volumes().isEmpty)
            #expect(await node.create(.use, "a") == nil)
            // The claim ended with it, and the volume is found by everybody.
            #expect(node.controller.nameClaims.count == 0)
            #expect(await node.create(.use, "a") == nil)
            #expect(await node.create(.use, "b") == nil)
            #expect(await node.create(nil, "") == nil)
            #expect(try node.backend.volumes().count == 1)
        }
    }

    @Test func `a caller without a claim makes what nobody has claimed`() async throws {
        try await withNode { (node) async throws in
            #expect(await node.create(nil, "") == nil)
            #expect(await node.question(.take, "a") == nil)
            #expect(node.controller.nameClaims.count == 0)
        }
    }

    @Test func `a claim that was given back is none`() async throws {
        try await withNode { (node) async throws in
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.question(.drop, "a") == .notFound)
            #expect(await node.create(.use, "a") == .operationPending)
            #expect(await node.create(nil, "") == nil)
        }
    }

    @Test func `a tier that cannot tell gives no claim`() async throws {
        try await withNode { (node) async throws in
            node.backend.fail(after: 0, with: .unavailable)
            #expect(await node.question(.take, "a") == .unavailable)
            #expect(node.controller.nameClaims.count == 0)
        }
    }

    @Test func `a broken tier is in no other one's way`() async throws {
        try await withNode { (node) async throws in
            node.broken.fail(after: 0, with: .unavailable)
            #expect(await node.question(.take, "a", in: "broken") == .unavailable)
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.create(.use, "a") == nil)
            #expect(await node.question(.take, "a", in: "scripted") == nil)
            #expect(await node.snapshotQuestion(.take, "a") == .notFound)
            #expect(await node.snapshot(.use, "a") == nil)
            #expect(await node.snapshotQuestion(.ask, "b") == nil)
        }
    }

    @Test func `a snapshot is cut for the claim that holds its name`() async throws {
        try await withNode { (node) async throws in
            #expect(await node.create(nil, "") == nil)
            #expect(await node.snapshotQuestion(.take, "a") == .notFound)
            #expect(await node.snapshotQuestion(.ask, "b") == .operationPending)
            #expect(await node.snapshot(.use, "b") == .operationPending)
            #expect(await node.snapshot(nil, "") == .operationPending)
            #expect(try node.backend.snapshots().isEmpty)
            #expect(await node.snapshot(.use, "a") == nil)
            #expect(await node.snapshotQuestion(.take, "b") == nil)
            #expect(await node.snapshot(.use, "b") == nil)
            #expect(try node.backend.snapshots().count == 1)
        }
    }

    @Test func `a create with the node's permit needs no claim`() async throws {
        try await withNode { (node) async throws in
            let permit = await node.permit()
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.create(.permit, permit) == .operationPending)
            #expect(await node.question(.drop, "a") == .notFound)
            node.pass(.milliseconds(1))
            let next = await node.permit()
            #expect(await node.create(.permit, "another") == .operationPending)
            #expect(try node.backend.volumes().isEmpty)
            node.pass(.milliseconds(1))
            #expect(await node.create(.permit, await node.permit()) == nil)
            // What is there is found with any permit.
            #expect(await node.create(.permit, next) == nil)
            #expect(try node.backend.volumes().count == 1)
        }
    }

    @Test(arguments: SinceThePermit.allCases)
    func `a create that comes late makes nothing`(_ event: SinceThePermit) async throws {
        try await withNode { (node) async throws in
            let permit = await node.permit()
            node.pass(.milliseconds(1))
            try await event.happen(on: node)
            #expect(try node.backend.volumes().isEmpty)
            #expect(await node.create(.permit, permit) == .operationPending)
            #expect(try node.backend.volumes().isEmpty)
            node.pass(.milliseconds(1))
            #expect(await node.create(.permit, await node.permit()) == nil)
        }
    }

    @Test(arguments: ["", "take", "take ", "steal a", "TAKE a", "take a b c"])
    func `a header of another form is refused`(_ text: String) async throws {
        try await withNode { (node) async throws in
            let context = CallContext(method: "/t", peer: Peer(address: "t"), header: { _ in text })
            #expect(await node.create(context) == .invalidRequest)
        }
    }

    private func withNode(_ body: (ClaimedNode) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in try await body(ClaimedNode(in: folder)) }
    }
}

/// What a caller is told of a name after a create of it was sent.
enum SinceThePermit: CaseIterable {
    case free, claimed, made, full, refused, deleted

    fileprivate func happen(on node: ClaimedNode) async throws {
        switch self {
        case .free:
            #expect(await node.question(.ask, "b") == .notFound)
        case .claimed:
            #expect(await node.question(.take, "b") == .notFound)
            #expect(await node.question(.drop, "b") == .notFound)
        case .made:
            #expect(await node.create(nil, "") == nil)
            #expect(await node.delete() == nil)
        case .full:
            node.backend.fill(true)
            #expect(await node.create(nil, "") == .outOfSpace)
            node.backend.fill(false)
        case .refused:
            #expect(await node.create(node.anyone, []) == .invalidRequest)
        case .deleted:
            #expect(await node.delete() == nil)
        }
    }
}

/// A node's Controller over scripted storage; answers are codes, nil for OK.
private struct ClaimedNode {
    private let clock = Clock()
    let stack: NodeStack
    let backend: ScriptedBackend
    let broken: ScriptedBackend
    let controller: LocalController
    private let identity: NodeIdentity

    init(in folder: TemporaryFolder) throws {
        backend = ScriptedBackend(folder: try folder.makeFolder("data"))
        broken = ScriptedBackend(tier: "broken", folder: folder.path)
        identity = try NodeIdentity(driverName: "t.csi", version: "0", nodeID: "n", topology: [:])
        stack = try NodeStack(
            identity: identity,
            tiers: [backend, broken].map(Tier.init),
            settings: NodeSettings(
                kubeletRoot: folder.path(of: "kubelet"),
                usageFolder: folder.makeFolder("usage"),
                defaultTier: "scripted"
            ),
            nameClaims: NameClaims(now: { [clock] in clock.now }),
            logger: quietLogger
        )
        stack.tiers.start()
        controller = stack.controller
    }

    private var volume: String { identity.volumeID(forName: "v").text }
    var anyone: CallContext { context(nil, "") }

    func pass(_ time: Duration) { clock.pass(time) }

    /// As the node's next registration gives it.
    func permit() async -> String { await stack.registration(kinds: [:]).createPermit }

    func question(_ act: NameClaim.Act?, _ token: String, in tier: String = "") async
        -> DriverError.Code?
    {
        await code { () async throws(DriverError) in
            let request = ControllerGetVolumeRequest(volumeID: volume)
            _ = try await controller.getVolume(request, context(act, token, in: tier))
        }
    }

    func snapshotQuestion(_ act: NameClaim.Act?, _ token: String) async -> DriverError.Code? {
        await code { () async throws(DriverError) in
            let request = GetSnapshotRequest(snapshotID: identity.snapshotID(forName: "s").text)
            _ = try await controller.getSnapshot(request, context(act, token, in: volume))
        }
    }

    func create(_ act: NameClaim.Act?, _ token: String) async -> DriverError.Code? {
        await create(context(act, token))
    }

    func create(
        _ context: CallContext,
        _ capabilities: [VolumeCapability] = [
            VolumeCapability(
                accessType: .mount(.init()),
                accessMode: .init(mode: .singleNodeWriter)
            )
        ]
    ) async -> DriverError.Code? {
        await code { () async throws(DriverError) in
            let request = CreateVolumeRequest(
                name: "v",
                capacityRange: CapacityRange(requiredBytes: ByteCount.mebibytes(16).bytes),
                volumeCapabilities: capabilities
            )
            _ = try await controller.createVolume(request, context)
        }
    }

    func delete() async -> DriverError.Code? {
        await code { () async throws(DriverError) in
            _ = try await controller.deleteVolume(DeleteVolumeRequest(volumeID: volume), anyone)
        }
    }

    func snapshot(_ act: NameClaim.Act?, _ token: String) async -> DriverError.Code? {
        await code { () async throws(DriverError) in
            let request = CreateSnapshotRequest(sourceVolumeID: volume, name: "s")
            _ = try await controller.createSnapshot(request, context(act, token))
        }
    }

    private func context(_ act: NameClaim.Act?, _ token: String, in place: String = "")
        -> CallContext
    {
        let text = act.map { NameClaim($0, token, in: place).text }
        return CallContext(method: "/t", peer: Peer(address: "t")) { name in
            name == NameClaim.header ? text : nil
        }
    }

    private func code(_ body: () async throws(DriverError) -> Void) async -> DriverError.Code? {
        do throws(DriverError) {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }
}

/// Claims last however long the machine is busy with other things.
private final class Clock: Sendable {
    private let start = ContinuousClock.now
    private let passed = Mutex(Duration.zero)
    var now: ContinuousClock.Instant { start + passed.withLock(\.self) }
    func pass(_ time: Duration) { passed.withLock { $0 += time } }
}
