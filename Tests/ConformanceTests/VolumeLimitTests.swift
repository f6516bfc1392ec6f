import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// What an administrator sets as limits is enforced when a volume is made, whoever asks, and however
/// many ask at once.
@Suite(
    .serialized,
    .timeLimit(.minutes(10)),
    .cluster(
        .ext4Thin,
        inline: "    inline: {maxSize: 32Mi, maxVolumes: 2}\n",
        flags: ["--max-volumes", "4"]
    )
)
struct `The limits of a node and of its tiers` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func publish(_ handle: String, size: String? = nil, filesystem: String = "")
        async throws
    {
        var context = ["csi.storage.k8s.io/ephemeral": "true"]
        if let size { context["size"] = size }
        _ = try await cluster.call(
            NodePublishVolumeRequest(
                volumeID: handle,
                targetPath: target(handle),
                volumeCapability: .mount(filesystem),
                volumeContext: context
            )
        )
    }

    private func target(_ handle: String) -> String { "\(cluster.folder)/kubelet/pods/\(handle)" }

    private func unpublish(_ handle: String) async throws {
        try await cluster.unpublish(handle, from: target(handle))
    }

    /// Runs the calls at once; answers which of them succeeded, where all others were refused as one
    /// too many.
    private func admitted(
        of names: [String],
        _ call: @escaping @Sendable (String) async throws -> Void
    ) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for name in names {
                group.addTask {
                    do {
                        try await call(name)
                        return name
                    } catch let failure as RPCFailure {
                        #expect(failure.code == .resourceExhausted, "\(failure)")
                        #expect(failure.message.contains("limit is"), "\(failure)")
                        return nil
                    } catch {
                        Issue.record(error)
                        return nil
                    }
                }
            }
            var admitted: [String] = []
            for await name in group { if let name { admitted.append(name) } }
            return admitted
        }
    }

    @Test func `an inline volume has at most the tier's size, and that where a pod names none`()
        async throws
    {
        let handle = cluster.unique("csi-size")
        await expectFailure(.outOfRange, "at most 32Mi (33554432 bytes)", "inline.maxSize") {
            try await publish(handle, size: "33Mi")
        }
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
        try await publish(handle)
        let stats = try await cluster.stats(handle, at: target(handle))
        #expect(stats.first { $0.unit == .bytes }?.total ?? .max <= 32 << 20)
        try await unpublish(handle)
    }

    @Test func `an inline volume has a file system that the tier allows`() async throws {
        let handle = cluster.unique("csi-fs")
        await expectFailure(.invalidArgument, "only with ext4", "not with xfs") {
            try await publish(handle, filesystem: "xfs")
        }
        #expect(!Paths.exists(target(handle)))
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
    }

    @Test func `as many inline volumes as the tier allows are made, of many asked for at once`()
        async throws
    {
        let handles = (0..<8).map { _ in cluster.unique("csi-many") }
        let made = await admitted(of: handles) { try await publish($0) }
        #expect(made.count == 2)
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).count == 2)
        // What is there goes on, and is counted after a crash as before.
        try await cluster.driver.restart(SIGKILL)
        for handle in made { try await publish(handle) }
        await expectFailure(.resourceExhausted, "has 2 inline volumes", "inline.maxVolumes") {
            try await publish(cluster.unique("csi-third"))
        }
        try await unpublish(made[0])
        let next = cluster.unique("csi-next")
        try await publish(next)
        for handle in [made[1], next] { try await unpublish(handle) }
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
    }

    @Test func `as many volumes as the node may have are made, inline ones counted`() async throws {
        let handle = cluster.unique("csi-counted")
        try await publish(handle)
        #expect(try await cluster.capacity().availableCapacity > 0)
        let names = (0..<8).map { _ in cluster.unique("limit") }
        let made = await admitted(of: names) { _ = try await cluster.create($0) }
        #expect(made.count == 3)
        #expect(try await cluster.volumes().count == 3)
        #expect(try await cluster.capacity().availableCapacity == 0)
        try await cluster.driver.restart(SIGKILL)
        #expect(try await cluster.capacity().availableCapacity == 0)
        await expectFailure(.resourceExhausted, "has 4 volumes", "limit is 4 (--max-volumes)") {
            try await publish(cluster.unique("csi-fifth"))
        }
        // A repeated create, and one that would be a copy.
        let first = try await cluster.create(made[0]).volumeID
        await expectFailure(.resourceExhausted, "--max-volumes") {
            try await cluster.create(cluster.unique("copy"), from: .volume(first))
        }
        try await cluster.delete(first)
        let copied = try await cluster.create(made[1]).volumeID
        _ = try await cluster.create(cluster.unique("copy"), from: .volume(copied))
        try await unpublish(handle)
        for volume in try await cluster.volumes() { try await cluster.delete(volume) }
        #expect(try await cluster.capacity().availableCapacity > 0)
    }

    @Test func `the limit is what the scheduler is told`() async throws {
        #expect(try await cluster.call(NodeGetInfoRequest()).maxVolumesPerNode == 4)
    }
}

@Suite(.timeLimit(.minutes(5)), .cluster(.ext4Thin, inline: ""))
struct `A tier that its file does not open` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test(arguments: [[:], ["tier": "ext4-thin"], ["tier": "nvme"]])
    func `makes no inline volume`(_ attributes: [String: String]) async throws {
        let target = cluster.target()
        let own = ["csi.storage.k8s.io/ephemeral": "true"]
        await expectFailure(.invalidArgument, "not open for inline volumes", "maxSize: 10Gi") {
            try await cluster.call(
                NodePublishVolumeRequest(
                    volumeID: cluster.unique("csi-closed"),
                    targetPath: target,
                    volumeCapability: .mount(),
                    volumeContext: own.merging(attributes) { $1 }
                )
            )
        }
        #expect(Files.objects(in: try cluster.pool(.ext4Thin)).isEmpty)
        #expect(!Paths.exists(target))
    }
}
