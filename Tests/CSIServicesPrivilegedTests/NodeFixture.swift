import Backend
import CSIMessages
import DriverCore
import GRPCRuntime
import Host
import Naming
import NodeStorage
import TestSupport

@testable import CSIServices

/// The Node and Controller services over a backend of a test, in a temporary folder.
struct NodeFixture {
    let folder: TemporaryFolder
    let backend: ScriptedBackend
    let stack: NodeStack

    var node: NodeService { stack.node }
    var controller: LocalController { stack.controller }

    init(_ folder: TemporaryFolder) throws {
        let identity = try NodeIdentity(
            driverName: "test.csi",
            version: "0",
            nodeID: "n",
            topology: [:]
        )
        let backend = ScriptedBackend(folder: try folder.makeFolder("data"))
        _ = try folder.makeFolder("kubelet")
        stack = try NodeStack(
            identity: identity,
            tiers: [
                Tier(named: backend.tier, over: backend, defaultFilesystem: .ext4)
            ],
            settings: NodeSettings(
                kubeletRoot: folder.path(of: "kubelet"),
                usageFolder: folder.makeFolder("usage"),
                defaultTier: "scripted",
                policies: ["scripted": .openForTests]
            ),
            logger: quietLogger
        )
        self.folder = folder
        self.backend = backend
        folder.onCleanup {
            for entry in (try? MountTable.read())?.reversed() ?? []
            where entry.target.hasPrefix(folder.path) {
                guard let target = try? TargetPath(entry.target, kubeletRoot: folder.path) else {
                    continue
                }
                try? Mounts.unmountAll(target)
            }
            for record in (try? backend.volumes()) ?? [] { try? backend.detach(record.id) }
        }
    }

    var staging: String { folder.path(of: "kubelet/staging") }
    var target: String { folder.path(of: "kubelet/target") }

    static func mounted(_ mode: VolumeCapability.AccessMode.Mode = .singleNodeWriter)
        -> VolumeCapability
    {
        VolumeCapability(
            accessType: .mount(.init(fsType: "ext4")),
            accessMode: .init(mode: mode)
        )
    }

    static let block = VolumeCapability(
        accessType: .block(.init()),
        accessMode: .init(mode: .singleNodeWriter)
    )

    /// Of a call that no client made.
    private static let call = CallContext(method: "/test", peer: Peer(address: "test"))

    func create(_ capability: VolumeCapability = mounted()) async throws -> VolumeID {
        let answer = try await controller.createVolume(
            CreateVolumeRequest(
                name: "volume",
                capacityRange: CapacityRange(requiredBytes: ByteCount.mebibytes(16).bytes),
                volumeCapabilities: [capability]
            ),
            Self.call
        )
        return try VolumeID(parsing: answer.volume?.volumeID ?? "").orThrow("an id")
    }

    func delete(_ id: VolumeID) async throws {
        _ = try await controller.deleteVolume(DeleteVolumeRequest(volumeID: id.text), Self.call)
    }

    func stage(_ id: VolumeID, _ capability: VolumeCapability = mounted()) async throws {
        _ = try await node.stageVolume(
            NodeStageVolumeRequest(
                volumeID: id.text,
                stagingTargetPath: staging,
                volumeCapability: capability
            )
        )
    }

    func unstage(_ id: VolumeID) async throws {
        _ = try await node.unstageVolume(
            NodeUnstageVolumeRequest(volumeID: id.text, stagingTargetPath: staging)
        )
    }

    func publish(
        _ id: VolumeID,
        _ capability: VolumeCapability = mounted(),
        readOnly: Bool = false
    ) async throws {
        _ = try await node.publishVolume(
            NodePublishVolumeRequest(
                volumeID: id.text,
                stagingTargetPath: staging,
                targetPath: target,
                volumeCapability: capability,
                readonly: readOnly
            )
        )
    }

    /// An inline volume.
    func publishInline() async throws {
        _ = try await node.publishVolume(
            NodePublishVolumeRequest(
                volumeID: "csi-inline",
                targetPath: target,
                volumeCapability: Self.mounted(),
                volumeContext: ["csi.storage.k8s.io/ephemeral": "true", "size": "16Mi"]
            )
        )
    }

    func unpublish(_ id: String) async throws {
        _ = try await node.unpublishVolume(
            NodeUnpublishVolumeRequest(volumeID: id, targetPath: target)
        )
    }
}

/// What is on the host.
extension NodeFixture {
    /// Everything mounted beneath the folder.
    func mounts() throws -> [String] {
        try MountTable.read().map(\.target).filter { $0.hasPrefix(folder.path) }
    }

    func targetKind(_ path: String) throws -> TargetPath.Kind {
        try TargetPath(path, kubeletRoot: folder.path).kind()
    }

    func usage(of id: VolumeID) -> UsageNote { node.usage.usage(of: id) }

    /// Makes every note fail while the body runs.
    func withoutNotes<Result>(_ body: () async throws -> Result) async throws -> Result {
        let path = folder.path(of: "usage")
        try Folders.move(path, to: path + ".away")
        try Bytes.write("in the way", to: path)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try Folders.remove(path)
        try Folders.move(path + ".away", to: path)
        return try result.get()
    }
}

extension Optional {
    func orThrow(_ what: String) throws -> Wrapped {
        guard let self else { throw DriverError(.hostFailure, "no \(what)") }
        return self
    }
}
