import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Testing

/// CSI 1.2/18.
@Suite(
    .serialized,
    .cluster(.ext4Thin, .xfsThick, poolSize: .gibibytes(1)),
    .timeLimit(.minutes(5))
)
struct `GetCapacity` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func capacity(_ request: GetCapacityRequest) async throws -> Int64 {
        try await cluster.call(request).availableCapacity
    }

    @Test func `without parameters it tells the default tier's, with tier another's`() async throws
    {
        let thin = try await cluster.capacity()
        #expect(try await cluster.capacity(of: "ext4-thin") == thin)
        let thick = try await cluster.capacity(of: "xfs-thick")
        // 100 times the pool against once the pool.
        #expect(thin.availableCapacity > 50 << 30)
        #expect(thick.availableCapacity < 1 << 30)
        #expect(thick.availableCapacity > 512 << 20)
        #expect(try #require(thick.maximumVolumeSize) <= thick.availableCapacity)
    }

    @Test func `a topology that is not ours has no room`() async throws {
        let key = "topology.cairn.storage/node"
        for segments in [[key: "elsewhere"], ["zone": "a"], [key: "conformance", "zone": "a"]] {
            let request = GetCapacityRequest(accessibleTopology: .init(segments: segments))
            #expect(try await capacity(request) == 0, "\(segments)")
        }
        for segments in [[key: "conformance"], [:]] {
            let request = GetCapacityRequest(accessibleTopology: .init(segments: segments))
            #expect(try await capacity(request) > 0, "\(segments)")
        }
    }

    @Test func `keys of the sidecars are ignored, and what is wrong everywhere is refused`()
        async throws
    {
        let request = GetCapacityRequest(
            parameters: [
                "csi.storage.k8s.io/fstype": "xfs",
                "csi.storage.k8s.io/provisioner-secret-name": "secret",
                "csi.storage.k8s.io/of-a-later-release": "value",
            ]
        )
        #expect(try await capacity(request) > 0)
        await expectFailure(.invalidArgument, "'color'") {
            try await capacity(.init(parameters: ["color": "red"]))
        }
        await expectFailure(.invalidArgument, "'zfs'", "ext4, xfs, btrfs") {
            try await capacity(.init(parameters: ["csi.storage.k8s.io/fstype": "zfs"]))
        }
        await expectFailure(.invalidArgument, "none, raid0, raid1") {
            try await capacity(.init(parameters: ["raid": "raid2"]))
        }
    }

    /// Another node may have the tier, or one that makes such a layout.
    @Test(arguments: [["tier": "nvme"], ["raid": "raid1"], ["stripes": "2", "tier": "xfs-thick"]])
    func `a class that only other nodes can serve has no room`(_ parameters: [String: String])
        async throws
    {
        #expect(try await cluster.call(GetCapacityRequest(parameters: parameters)) == .init())
    }

    @Test func `what cannot be served has no room`() async throws {
        let request = GetCapacityRequest(volumeCapabilities: [.mount(.multiNodeMultiWriter)])
        #expect(try await capacity(request) == 0)
    }

    @Test func `the smallest volume is the file system's`() async throws {
        for (capability, smallest) in [
            (VolumeCapability.mount(), Int64(16 << 20)), (.mount("xfs"), 300 << 20),
            (.block(), 4096),
        ] {
            let request = GetCapacityRequest(volumeCapabilities: [capability])
            #expect(try await cluster.call(request).minimumVolumeSize == smallest)
        }
        let byClass = GetCapacityRequest(parameters: ["csi.storage.k8s.io/fstype": "xfs"])
        #expect(try await cluster.call(byClass).minimumVolumeSize == 300 << 20)
    }

    @Test func `a thick volume takes its size, and its removal gives it back`() async throws {
        let before = try await cluster.capacity(of: "xfs-thick").availableCapacity
        let volume = try await cluster.create(
            cluster.unique("thick"),
            mebibytes: 100,
            as: .block(),
            tier: "xfs-thick"
        )
        let during = try await cluster.capacity(of: "xfs-thick").availableCapacity
        // What is offered leaves out a thousandth for the file system itself.
        #expect(before - during >= 99 << 20)
        #expect(before - during < 110 << 20)
        try await cluster.delete(volume.volumeID)
        let after = try await cluster.capacity(of: "xfs-thick").availableCapacity
        #expect(abs(after - before) < 4 << 20)
    }

    @Test(arguments: ["xfs-thick", "ext4-thin"])
    func `the largest volume told can be made, a larger one leaves nothing`(_ tier: String)
        async throws
    {
        let pool = try #require(cluster.pools.first { $0.kind.tier == tier })
        let largest = try #require(try await cluster.capacity(of: tier).maximumVolumeSize)
        // More than is told may still fit into what is held back; an eighth more cannot.
        var request = CreateVolumeRequest(
            name: cluster.unique("above"),
            capacityRange: .init(requiredBytes: largest + largest / 8),
            volumeCapabilities: [.block()],
            parameters: ["tier": tier]
        )
        await expectFailure(
            .resourceExhausted,
            "tier \(tier) has no room",
            "requested",
            "available"
        ) {
            try await cluster.create(request)
        }
        #expect(Files.objects(in: pool).isEmpty)
        let still = try #require(try await cluster.capacity(of: tier).maximumVolumeSize)
        #expect(abs(still - largest) < 1 << 20)
        request.capacityRange = .init(requiredBytes: largest)
        request.name = cluster.unique("largest")
        let volume = try await cluster.create(request)
        #expect(volume.capacityBytes == largest)
        let rest = try await cluster.capacity(of: tier)
        #expect(rest.availableCapacity >= 0)
        #expect(rest.availableCapacity < 32 << 20)
        let another = cluster.unique("another")
        await expectFailure(.resourceExhausted) {
            try await cluster.create(another, mebibytes: 64, as: .block(), tier: tier)
        }
        try await cluster.delete(volume.volumeID)
        #expect(Files.objects(in: pool).isEmpty)
    }
}
