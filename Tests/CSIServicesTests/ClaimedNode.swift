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

/// A node's Controller over scripted storage; answers are codes, nil for OK.
struct ClaimedNode {
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
