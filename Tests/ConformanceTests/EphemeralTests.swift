import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// Inline volumes: made by the publish of a pod, removed by its unpublish.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `Inline ephemeral volumes` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// kubelet's handle of an inline volume.
    private func handle() -> String { "csi-\(cluster.unique("4f1b8a"))" }

    private func publish(
        _ handle: String,
        at target: String,
        _ attributes: [String: String] = ["size": "20Mi"],
        as capability: VolumeCapability = .mount(),
        readOnly: Bool = false
    ) async throws {
        let own = ["csi.storage.k8s.io/ephemeral": "true", "csi.storage.k8s.io/pod.name": "pod"]
        _ = try await cluster.call(
            NodePublishVolumeRequest(
                volumeID: handle,
                targetPath: target,
                volumeCapability: capability,
                readonly: readOnly,
                volumeContext: own.merging(attributes) { $1 }
            )
        )
    }

    private func objects(_ kind: PoolKind = .ext4Thin) throws -> [String] {
        Files.objects(in: try cluster.pool(kind))
    }

    @Test func `publish makes it, unpublish removes it and its bytes`() async throws {
        let (handle, target) = (handle(), cluster.target())
        try await publish(handle, at: target)
        #expect(try objects().count == 1)
        #expect(try cluster.filesystems(at: target) == ["ext4"])
        #expect(try Filesystems.usage(at: target).totalBytes.bytes <= 20 << 20)
        try write("inline", in: target)
        try expectContents("inline", in: target)
        try await cluster.unpublish(handle, from: target)
        #expect(!Paths.exists(target))
        #expect(try objects().isEmpty)
        #expect(Leftovers.devices(beneath: "\(cluster.folder)/pools/").isEmpty)
        try await cluster.unpublish(handle, from: target)
    }

    @Test func `a repeated publish finds it, with what was written`() async throws {
        let (handle, target) = (handle(), cluster.target())
        try await publish(handle, at: target)
        try write("again", in: target)
        for _ in 1...2 { try await publish(handle, at: target) }
        try await cluster.driver.restart(SIGKILL)
        try await publish(handle, at: target)
        try expectContents("again", in: target)
        #expect(try cluster.mounts(at: target).count == 1)
        await expectFailure(.alreadyExists, handle) {
            try await publish(handle, at: target, ["size": "40Mi"])
        }
        await expectFailure(.alreadyExists, handle) {
            try await publish(handle, at: cluster.target())
        }
        try expectContents("again", in: target)
        try await cluster.unpublish(handle, from: target)
        #expect(try objects().isEmpty)
    }

    @Test func `it is not among the volumes, and has stats by kubelet's handle`() async throws {
        let (handle, target) = (handle(), cluster.target())
        try await publish(handle, at: target)
        #expect(try await cluster.volumes().isEmpty)
        // So they are never taken for forgotten ones either.
        #expect(try await cluster.driver.call(DescribeVolumesRequest()).volumes.isEmpty)
        let stats = try await cluster.stats(handle, at: target)
        #expect(stats.first { $0.unit == .bytes }?.total ?? 0 > 10 << 20)
        try await cluster.unpublish(handle, from: target)
        await expectFailure(.notFound) { try await cluster.stats(handle, at: target) }
    }

    @Test func `after a restart it is still removed at unpublish`() async throws {
        for signal in [SIGTERM, SIGKILL] {
            let (handle, target) = (handle(), cluster.target())
            try await publish(handle, at: target)
            try await cluster.driver.restart(signal)
            try await cluster.unpublish(handle, from: target)
            #expect(try objects().isEmpty)
        }
    }

    @Test func `tier and file system are the pod's choice`() async throws {
        let (handle, target) = (handle(), cluster.target())
        let attributes = ["size": "300Mi", "tier": "xfs-thin"]
        try await publish(handle, at: target, attributes, as: .mount("xfs", flags: ["noatime"]))
        #expect(try objects(.xfsThin).count == 1)
        #expect(try cluster.filesystems(at: target) == ["xfs"])
        #expect(try #require(try cluster.mounts(at: target).first).options.contains("noatime"))
        try await cluster.unpublish(handle, from: target)
        #expect(try objects(.xfsThin).isEmpty)
    }

    @Test func `a read-only one refuses writes`() async throws {
        let (handle, target) = (handle(), cluster.target())
        try await publish(handle, at: target, readOnly: true)
        #expect(Paths.writeError("\(target)/new") == EROFS)
        try await cluster.unpublish(handle, from: target)
    }

    @Test(arguments: ["", "lots", "-1", "1.5Gi", "10 Mi", "99999999999999999999"])
    func `a size that is none is INVALID_ARGUMENT and leaves nothing`(_ size: String) async throws {
        let (handle, target) = (handle(), cluster.target())
        await expectFailure(.invalidArgument, "size", "1Gi") {
            try await publish(handle, at: target, ["size": size])
        }
        #expect(!Paths.exists(target))
        #expect(try objects().isEmpty)
    }

    @Test func `what cannot be made or mounted leaves nothing`() async throws {
        let (handle, target) = (handle(), cluster.target())
        await expectFailure(.invalidArgument, "raw block") {
            try await publish(handle, at: target, as: .block())
        }
        await expectFailure(.invalidArgument, "'nvme'", "use one of: ext4-thin, xfs-thin") {
            try await publish(handle, at: target, ["tier": "nvme"])
        }
        await expectFailure(.invalidArgument, "tier ''", "use one of: ext4-thin") {
            try await publish(handle, at: target, ["tier": ""])
        }
        await expectFailure(.resourceExhausted, "no room") {
            try await publish(handle, at: target, ["size": "8Ti"])
        }
        await expectFailure(.invalidArgument, "cannot mount", "'no-such-option'") {
            try await publish(handle, at: target, as: .mount(flags: ["no-such-option"]))
        }
        #expect(try objects().isEmpty)
        #expect(!Paths.exists(target))
        #expect(Leftovers.devices(beneath: "\(cluster.folder)/pools/").isEmpty)
    }

    @Test(arguments: [
        ("color", ""), ("Size", "'size'"), ("capacity", "'size'"), ("tiers", "'tier'"),
        ("fsType", "'csi.fsType'"), ("csi.storage.k8s.io/fstype", "'csi.fsType'"),
        ("filesystem", "'csi.fsType'"), ("mkfsOptions", ""), ("raid", ""), ("stripes", ""),
        ("stripeSize", ""), ("allowVolumeModeChange", ""), ("csi.storage.k8s.io/pvc/name", ""),
        ("csi.storage.k8s.io/pv/name", ""), ("csi.storage.k8s.io/pvc/namespace", ""),
        ("csi.storage.k8s.io/node-publish-secret-name", ""), ("csi.storage.k8s.io/x", ""),
        ("storage.kubernetes.io/csiProvisionerIdentity", ""), ("", ""),
        ("csi.storage.k8s.io/ephemeral\u{301}", ""),
    ])
    func `an attribute that is not a pod's is refused by name`(_ key: String, _ meant: String)
        async throws
    {
        let (handle, target) = (handle(), cluster.target())
        await expectFailure(.invalidArgument, "attributes size and tier", "csi.fsType", meant) {
            try await publish(handle, at: target, ["size": "20Mi", key: "-e panic"])
        }
        #expect(try objects().isEmpty)
        #expect(!Paths.exists(target))
    }

    @Test func `what kubelet adds is taken and stored nowhere`() async throws {
        let (handle, target) = (handle(), cluster.target())
        let mark = "a-pods-secret-token"
        try await publish(
            handle,
            at: target,
            [
                "size": "20Mi", "csi.storage.k8s.io/pod.name": mark,
                "csi.storage.k8s.io/pod.namespace": mark, "csi.storage.k8s.io/pod.uid": mark,
                "csi.storage.k8s.io/serviceAccount.name": mark,
                "csi.storage.k8s.io/serviceAccount.tokens": mark,
            ]
        )
        for folder in ["\(cluster.folder)/usage", "\(cluster.folder)/pools"] {
            let search = ["/usr/bin/grep", "-rlI", "--exclude=data", mark, folder]
            #expect(throws: DriverError.self, "\(folder)") { try Tool.run(search) }
        }
        #expect(!(try cluster.driver.logText().contains(mark)))
        try await cluster.unpublish(handle, from: target)
    }

    @Test func `an unpublish never removes a volume that is not inline`() async throws {
        let name = cluster.unique("persistent")
        let id = try await cluster.create(name).volumeID
        try await cluster.using(id) { try write("mine", in: $0) }
        // A handle that gives the same id as the volume's name.
        try await cluster.unpublish(name, from: cluster.target())
        try await cluster.using(id) { try expectContents("mine", in: $0) }
        await expectFailure(.alreadyExists, name) {
            try await publish(name, at: cluster.target(), ["size": "32Mi"])
        }
        try await cluster.delete(id)
    }
}
