import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Synchronization
import TestSupport
import Testing

/// CSI 1.2/19 and 1.3: secrets are nowhere but in the request.
@Suite(.serialized, .cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `Secret fields` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private static let mark = "hunter2-8c1f"

    /// Secrets whose values (and keys) all hold the mark.
    private func secrets(_ name: String) -> Secrets {
        Secrets(["\(Self.mark)-key-\(name)": "\(Self.mark)-value-\(name)"])
    }

    /// CreateVolume requests with secrets in good and in bad places.
    private func creates() -> [CreateVolumeRequest] {
        let plain = CreateVolumeRequest(
            name: cluster.unique("secret"),
            capacityRange: .mebibytes(32),
            volumeCapabilities: [.mount()],
            secrets: secrets("create")
        )
        let changes: [(inout CreateVolumeRequest) -> Void] = [
            { _ in },
            { $0.parameters = ["color": "\(Self.mark)-parameter"] },
            { $0.parameters = ["mkfsOptions": "-Z \(Self.mark)-options"] },
            { $0.volumeCapabilities = [.mount(flags: ["bind,password=\(Self.mark)-flag"])] },
            {
                $0.name += "-flags"
                $0.volumeCapabilities = [.mount(flags: ["password=\(Self.mark)-flag"])]
            },
            { $0.mutableParameters = ["iops": "\(Self.mark)-mutable"] },
        ]
        return changes.map { change in
            var request = plain
            change(&request)
            return request
        }
    }

    /// Node calls with secrets, the first of which stages and fails at the mount.
    private func stage(_ id: String) -> NodeStageVolumeRequest {
        NodeStageVolumeRequest(
            volumeID: id,
            stagingTargetPath: cluster.staging(id),
            volumeCapability: .mount(flags: ["password=\(Self.mark)-flag"]),
            secrets: secrets("stage"),
            volumeContext: ["csi.storage.k8s.io/pod.name": "\(Self.mark)-context"]
        )
    }

    /// The same with an attribute that is refused.
    private func stageWithAttribute(_ id: String) -> NodeStageVolumeRequest {
        var request = stage(id)
        request.volumeContext = ["token": "\(Self.mark)-attribute"]
        return request
    }

    private func publishes(_ id: String, at target: String) -> [NodePublishVolumeRequest] {
        [
            NodePublishVolumeRequest(
                volumeID: id,
                stagingTargetPath: cluster.staging(id),
                targetPath: target,
                volumeCapability: .mount(),
                secrets: secrets("publish"),
                volumeContext: ["csi.storage.k8s.io/serviceAccount.tokens": "\(Self.mark)-token"]
            ),
            NodePublishVolumeRequest(
                volumeID: "csi-secret",
                targetPath: target,
                volumeCapability: .mount(),
                secrets: secrets("inline"),
                volumeContext: [
                    "csi.storage.k8s.io/ephemeral": "true", "password": "\(Self.mark)-attribute",
                ]
            ),
        ]
    }

    /// What the call said when it was refused; empty where it was not.
    private func message<Request: CSIRequest>(of request: Request) async -> String {
        do throws(RPCFailure) {
            _ = try await cluster.call(request)
            return ""
        } catch {
            return error.message
        }
    }

    /// Sends a secret in each field that may hold one, and answers what the driver said.
    private func messages(_ id: String) async -> [String] {
        let target = cluster.target()
        var all: [String] = []
        for request in creates() { all.append(await message(of: request)) }
        all.append(await message(of: stage(id)))
        all.append(await message(of: stageWithAttribute(id)))
        for request in publishes(id, at: target) { all.append(await message(of: request)) }
        let parameters = ["color": "\(Self.mark)-parameter"]
        let requests: [any CSIRequest] = [
            DeleteVolumeRequest(volumeID: "x", secrets: secrets("delete")),
            CreateSnapshotRequest(
                sourceVolumeID: id,
                name: cluster.unique("snap"),
                secrets: secrets("snapshot"),
                parameters: parameters
            ),
            ControllerExpandVolumeRequest(
                volumeID: id,
                capacityRange: .mebibytes(64),
                secrets: secrets("expand")
            ),
            NodeExpandVolumeRequest(volumeID: id, volumePath: target, secrets: secrets("node")),
            ValidateVolumeCapabilitiesRequest(
                volumeID: id,
                volumeCapabilities: [.mount()],
                parameters: parameters,
                secrets: secrets("validate")
            ),
            ListSnapshotsRequest(sourceVolumeID: id, secrets: secrets("list")),
            DeleteSnapshotRequest(snapshotID: "x", secrets: secrets("delete")),
            GetSnapshotRequest(snapshotID: "x", secrets: secrets("get")),
        ]
        for request in requests { all.append(await message(of: request)) }
        return all
    }

    @Test func `are in no log line and in no message, whether the call succeeds or fails`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("volume")).volumeID
        let messages = await messages(id)
        // Most of them are refused, each with words of its own.
        #expect(messages.filter { !$0.isEmpty }.count >= 10)
        for message in messages { #expect(!message.contains(Self.mark), "\(message)") }
        let log = try cluster.driver.logText()
        #expect(log.contains("CreateVolume"))
        for line in log.split(separator: "\n") { #expect(!line.contains(Self.mark), "\(line)") }
    }

    @Test func `are in no file of the pool and of the notes`() async throws {
        let request = CreateVolumeRequest(
            name: cluster.unique("stored"),
            capacityRange: .mebibytes(32),
            volumeCapabilities: [.mount()],
            secrets: secrets("create")
        )
        let id = try await cluster.create(request).volumeID
        _ = try await cluster.call(
            NodeStageVolumeRequest(
                volumeID: id,
                stagingTargetPath: cluster.staging(id),
                volumeCapability: .mount(),
                secrets: secrets("stage")
            )
        )
        for folder in ["\(cluster.folder)/usage", try cluster.pool(.ext4Thin).directory] {
            let search = ["/usr/bin/grep", "-rlI", "--exclude=data", "value-", folder]
            #expect(throws: DriverError.self, "\(folder)") { try Tool.run(search) }
        }
        try await cluster.unstage(id)
    }
}
