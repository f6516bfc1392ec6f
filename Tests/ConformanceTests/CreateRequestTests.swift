import CSIMessages
import DriverHarness
import GRPCRuntime
import Testing

/// CSI 1.2/2 and 1.2/16: the sizes, places and file systems that a CreateVolume may ask for.
@Suite(.cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `CreateVolume's request` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `a limit alone is honoured`() async throws {
        let volume = try await cluster.create(cluster.request(.init(limitBytes: 40_000_000)))
        #expect(volume.capacityBytes <= 40_000_000)
        #expect(volume.capacityBytes >= 16 << 20)
    }

    @Test func `no range at all makes a volume of 1 GiB`() async throws {
        #expect(try await cluster.create(cluster.request(nil)).capacityBytes == 1 << 30)
        #expect(try await cluster.create(cluster.request(.init())).capacityBytes == 1 << 30)
    }

    @Test func `a required size is rounded up, never down`() async throws {
        let volume = try await cluster.create(cluster.request(.init(requiredBytes: (32 << 20) + 1)))
        #expect(volume.capacityBytes == (32 << 20) + 4096)
    }

    @Test func `a size below the smallest is raised to it`() async throws {
        #expect(
            try await cluster.create(cluster.request(.init(requiredBytes: 1))).capacityBytes == 16
                << 20
        )
    }

    @Test(arguments: [
        CapacityRange(requiredBytes: (32 << 20) + 1, limitBytes: (32 << 20) + 1),
        CapacityRange(requiredBytes: (32 << 20) + 1, limitBytes: (32 << 20) + 4095),
        CapacityRange(limitBytes: 1 << 20), CapacityRange(requiredBytes: 1, limitBytes: 4096),
        CapacityRange(requiredBytes: .max), CapacityRange(requiredBytes: .max, limitBytes: .max),
    ])
    func `a range that no volume fits is OUT_OF_RANGE`(_ range: CapacityRange) async throws {
        let request = cluster.request(range)
        await expectFailure(.outOfRange) { try await cluster.create(request) }
        try await cluster.expectNothing(named: request.name)
    }

    @Test(arguments: [
        CapacityRange(requiredBytes: -1), CapacityRange(limitBytes: -1),
        CapacityRange(requiredBytes: .min),
        CapacityRange(requiredBytes: 2 << 30, limitBytes: 1 << 30),
    ])
    func `a range that makes no sense is INVALID_ARGUMENT`(_ range: CapacityRange) async throws {
        let request = cluster.request(range)
        await expectFailure(.invalidArgument, "capacity_range") {
            try await cluster.create(request)
        }
        try await cluster.expectNothing(named: request.name)
    }

    /// A final answer would leave it behind, as the caller goes to another node.
    @Test func `a class whose tier went away does not forget the volume that it made`() async throws
    {
        var request = cluster.request(.mebibytes(32))
        let volume = try await cluster.create(request)
        request.parameters = ["tier": "nvme"]
        await expectFailure(.alreadyExists, volume.volumeID, "different tier") {
            try await cluster.create(request)
        }
        #expect(try await cluster.get(volume.volumeID) == volume)
    }

    @Test func `a copy into a tier that is nowhere is refused by its source's tier`() async throws {
        let source = try await cluster.create(cluster.request(.mebibytes(32))).volumeID
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
        for origin in [
            VolumeContentSource.volume(source), .snapshot(snapshot.snapshotID),
        ] {
            let name = cluster.unique("copy")
            await expectFailure(.invalidArgument, "is in tier 'ext4-thin'", "'nvme'") {
                try await cluster.create(name, tier: "nvme", from: origin)
            }
            try await cluster.expectNothing(named: name)
        }
        await expectFailure(.notFound, "does not exist") {
            try await cluster.create(cluster.unique("copy"), tier: "nvme", from: .volume("x"))
        }
    }

    @Test func `the facts of the provisioner are accepted`() async throws {
        var request = cluster.request(.mebibytes(32))
        request.parameters = [
            "csi.storage.k8s.io/pvc/name": "claim", "csi.storage.k8s.io/pvc/namespace": "default",
            "csi.storage.k8s.io/pv/name": "pv", "csi.storage.k8s.io/pvc/new": "value",
            "csi.storage.k8s.io/node-stage-secret-name": "secret",
        ]
        #expect(try await cluster.create(request).capacityBytes == 32 << 20)
    }

    @Test func `a topology that is not ours is RESOURCE_EXHAUSTED, and leaves nothing`()
        async throws
    {
        var request = cluster.request(.mebibytes(32))
        request.accessibilityRequirements = .init(
            requisite: [.init(segments: ["topology.cairn.storage/node": "elsewhere"])]
        )
        await expectFailure(.resourceExhausted, "'conformance'") {
            try await cluster.create(request)
        }
        try await cluster.expectNothing(named: request.name)
        request.accessibilityRequirements?.requisite.append(
            .init(segments: ["topology.cairn.storage/node": "conformance"])
        )
        #expect(try await cluster.create(request).accessibleTopology.count == 1)
    }

    @Test func `the default file system is the tier's, and fs_type chooses another`() async throws {
        let plain = try await cluster.create(cluster.request(.mebibytes(32)))
        try await cluster.using(plain.volumeID) {
            let found = try cluster.filesystems(at: $0)
            #expect(found == ["ext4"])
        }
        let xfs: VolumeCapability = .mount("xfs")
        let other = try await cluster.create(cluster.unique("fs"), mebibytes: 300, as: xfs)
        try await cluster.using(other.volumeID, as: xfs) {
            let found = try cluster.filesystems(at: $0)
            #expect(found == ["xfs"])
        }
    }

    @Test func `a class's fstype is honoured where no sidecar has turned it into fs_type`()
        async throws
    {
        var request = cluster.request(.mebibytes(300))
        request.parameters = ["csi.storage.k8s.io/fstype": "xfs"]
        let volume = try await cluster.create(request)
        #expect(try await cluster.create(request) == volume)
        try await cluster.using(volume.volumeID, as: .mount("xfs")) {
            let found = try cluster.filesystems(at: $0)
            #expect(found == ["xfs"])
        }
        request.parameters = ["csi.storage.k8s.io/fstype": "ext4"]
        await expectFailure(.alreadyExists, volume.volumeID) { try await cluster.create(request) }
        // As the provisioner sends it.
        request.parameters = [:]
        request.volumeCapabilities = [.mount("xfs")]
        #expect(try await cluster.create(request) == volume)
    }
}

extension Cluster {
    /// A CreateVolume of a name of its own, for a mounted volume.
    func request(_ range: CapacityRange?) -> CreateVolumeRequest {
        CreateVolumeRequest(
            name: unique("request"),
            capacityRange: range,
            volumeCapabilities: [.mount()]
        )
    }

    /// Nothing of that name exists where another size of it can be made.
    func expectNothing(named name: String) async throws {
        guard !name.isEmpty else { return }
        let probe = CreateVolumeRequest(
            name: name,
            capacityRange: .init(requiredBytes: 20 << 20, limitBytes: 20 << 20),
            volumeCapabilities: [.block()]
        )
        let volume = try await create(probe)
        #expect(volume.capacityBytes == 20 << 20)
        try await delete(volume.volumeID)
    }
}
