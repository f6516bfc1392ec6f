import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// A PersistentVolume's attributes at stage and publish: what would be ignored is refused.
@Suite(.serialized, .timeLimit(.minutes(5)), .cluster(.ext4Thin))
struct `The context of a volume` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func stage(_ id: String, _ context: [String: String]) async throws {
        _ = try await cluster.call(
            NodeStageVolumeRequest(
                volumeID: id,
                stagingTargetPath: cluster.staging(id),
                volumeCapability: .mount(),
                volumeContext: context
            )
        )
    }

    private func publish(_ id: String, at target: String, _ context: [String: String]) async throws
    {
        _ = try await cluster.call(
            NodePublishVolumeRequest(
                volumeID: id,
                stagingTargetPath: cluster.staging(id),
                targetPath: target,
                volumeCapability: .mount(),
                volumeContext: context
            )
        )
    }

    @Test func `holds the facts of kubelet and of the provisioner`() async throws {
        let id = try await cluster.create(cluster.unique("facts")).volumeID
        let target = cluster.target()
        let context = [
            "storage.kubernetes.io/csiProvisionerIdentity": "1795381121-1234-csi.cairn.storage",
            "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "shop",
            "csi.storage.k8s.io/pod.uid": "6f1d", "csi.storage.k8s.io/ephemeral": "false",
            "csi.storage.k8s.io/serviceAccount.name": "default",
            "csi.storage.k8s.io/serviceAccount.tokens": "{}",
            "csi.storage.k8s.io/of-a-later-release": "fact",
        ]
        try await stage(id, context)
        try await publish(id, at: target, context)
        let answer = try await cluster.call(
            ValidateVolumeCapabilitiesRequest(
                volumeID: id,
                volumeContext: context,
                volumeCapabilities: [.mount()]
            )
        )
        #expect(answer.confirmed?.volumeContext == context)
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
    }

    @Test(arguments: [
        ("color", ""), ("fsType", "'spec.csi.fsType'"), ("tier", ""),
        ("csi.storage.k8s.io/fstype", "'spec.csi.fsType'"), ("mountOptions", "'spec.mountOptions'"),
        ("csi.storage.k8s.io/node-stage-secret-name", ""),
    ])
    func `holds nothing that asks for something`(_ key: String, _ meant: String) async throws {
        let id = try await cluster.create(cluster.unique("asks")).volumeID
        await expectFailure(.invalidArgument, "'\(key)' is unknown", meant) {
            try await stage(id, [key: "xfs"])
        }
        #expect(!Paths.exists(cluster.staging(id)))
        try await cluster.stage(id)
        let target = cluster.target()
        await expectFailure(.invalidArgument, "'\(key)' is unknown", meant) {
            try await publish(id, at: target, [key: "xfs"])
        }
        #expect(!Paths.exists(target))
        try await cluster.unstage(id)
    }

    /// An inline volume's name is kubelet's; this one would be another volume's.
    @Test func `makes no volume inline that is persistent`() async throws {
        let id = try await cluster.create(cluster.unique("persistent")).volumeID
        await expectFailure(.invalidArgument, "not of an inline volume") {
            try await publish(id, at: cluster.target(), ["csi.storage.k8s.io/ephemeral": "true"])
        }
    }

    @Test(arguments: ["color", "csi.storage.k8s.io/fstype", "csi.storage.k8s.io/x", "tier"])
    func `of a snapshot's class holds nothing of ours`(_ key: String) async throws {
        let id = try await cluster.create(cluster.unique("cut")).volumeID
        await expectFailure(.invalidArgument, "'\(key)' is unknown") {
            try await cluster.call(
                CreateSnapshotRequest(
                    sourceVolumeID: id,
                    name: cluster.unique("snap"),
                    parameters: [key: "x"]
                )
            )
        }
        let facts = [
            "csi.storage.k8s.io/volumesnapshot/name": "a",
            "csi.storage.k8s.io/volumesnapshot/namespace": "b",
            "csi.storage.k8s.io/volumesnapshotcontent/name": "c",
            "csi.storage.k8s.io/snapshotter-secret-name": "d",
        ]
        let request = CreateSnapshotRequest(
            sourceVolumeID: id,
            name: cluster.unique("snap"),
            parameters: facts
        )
        #expect(try await cluster.call(request).snapshot?.sourceVolumeID == id)
    }
}
