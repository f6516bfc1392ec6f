import CSIMessages
import DriverHarness
import GRPCRuntime
import Testing

/// CSI 1.2/2, 1.2/16 and 1.3: what a CreateVolume may ask for, and what the refusals say.
@Suite(.cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `CreateVolume's request` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func request(_ range: CapacityRange?) -> CreateVolumeRequest {
        CreateVolumeRequest(
            name: cluster.unique("request"),
            capacityRange: range,
            volumeCapabilities: [.mount()]
        )
    }

    @Test func `a limit alone is honoured`() async throws {
        let volume = try await cluster.create(request(.init(limitBytes: 40_000_000)))
        #expect(volume.capacityBytes <= 40_000_000)
        #expect(volume.capacityBytes >= 16 << 20)
    }

    @Test func `no range at all makes a volume of 1 GiB`() async throws {
        #expect(try await cluster.create(request(nil)).capacityBytes == 1 << 30)
        #expect(try await cluster.create(request(.init())).capacityBytes == 1 << 30)
    }

    @Test func `a required size is rounded up, never down`() async throws {
        let volume = try await cluster.create(request(.init(requiredBytes: (32 << 20) + 1)))
        #expect(volume.capacityBytes == (32 << 20) + 4096)
    }

    @Test func `a size below the smallest is raised to it`() async throws {
        #expect(
            try await cluster.create(request(.init(requiredBytes: 1))).capacityBytes == 16 << 20
        )
    }

    @Test(arguments: [
        CapacityRange(requiredBytes: (32 << 20) + 1, limitBytes: (32 << 20) + 1),
        CapacityRange(requiredBytes: (32 << 20) + 1, limitBytes: (32 << 20) + 4095),
        CapacityRange(limitBytes: 1 << 20), CapacityRange(requiredBytes: 1, limitBytes: 4096),
        CapacityRange(requiredBytes: .max), CapacityRange(requiredBytes: .max, limitBytes: .max),
    ])
    func `a range that no volume fits is OUT_OF_RANGE`(_ range: CapacityRange) async throws {
        let request = request(range)
        await expectFailure(.outOfRange) { try await cluster.create(request) }
        try await expectNothing(named: request.name)
    }

    @Test(arguments: [
        CapacityRange(requiredBytes: -1), CapacityRange(limitBytes: -1),
        CapacityRange(requiredBytes: .min),
        CapacityRange(requiredBytes: 2 << 30, limitBytes: 1 << 30),
    ])
    func `a range that makes no sense is INVALID_ARGUMENT`(_ range: CapacityRange) async throws {
        let request = request(range)
        await expectFailure(.invalidArgument, "capacity_range") {
            try await cluster.create(request)
        }
        try await expectNothing(named: request.name)
    }

    struct Wrong: Sendable, CustomStringConvertible {
        /// What the message says.
        let description: String
        let change: @Sendable (inout CreateVolumeRequest) -> Void

        init(_ says: String, _ change: @escaping @Sendable (inout CreateVolumeRequest) -> Void) {
            description = says
            self.change = change
        }
    }

    @Test(arguments: [
        Wrong("name is missing") { $0.name = "" },
        Wrong("volume_capabilities are missing") { $0.volumeCapabilities = [] },
        Wrong("neither block nor mount") { $0.volumeCapabilities[0].accessType = nil },
        Wrong("no access mode") { $0.volumeCapabilities[0].accessMode = nil },
        Wrong("no access mode") { $0.volumeCapabilities = [.mount(.unknown)] },
        Wrong("99 is not known") { $0.volumeCapabilities = [.mount(.unrecognized(99))] },
        Wrong("'color' is not known; the StorageClass parameters are: tier, mkfsOptions") {
            $0.parameters = ["color": "red"]
        },
        Wrong("'Tier' is not known (did you mean 'tier'?)") { $0.parameters = ["Tier": "x"] },
        Wrong("did you mean 'csi.storage.k8s.io/fstype'?") { $0.parameters = ["fsType": "xfs"] },
        Wrong("did you mean 'csi.storage.k8s.io/fstype'?") {
            $0.parameters = ["csi.storage.k8s.io/fsType": "xfs"]
        },
        Wrong("'csi.storage.k8s.io/something/new' is not known") {
            $0.parameters = ["csi.storage.k8s.io/something/new": "value"]
        },
        Wrong("'csi.storage.k8s.io/ephemeral' is not known") {
            $0.parameters = ["csi.storage.k8s.io/ephemeral": "true"]
        },
        Wrong("'zfs' is not supported; the choice is ext4, xfs, btrfs") {
            $0.parameters = ["csi.storage.k8s.io/fstype": "zfs"]
        },
        Wrong("asks for ext4 and parameter 'csi.storage.k8s.io/fstype' for xfs") {
            $0.volumeCapabilities = [.mount("ext4")]
            $0.parameters = ["csi.storage.k8s.io/fstype": "xfs"]
        },
        Wrong("makes no sense for a raw block volume") {
            $0.volumeCapabilities = [.block()]
            $0.parameters = ["csi.storage.k8s.io/fstype": "xfs"]
        },
        Wrong("parameter 'allowVolumeModeChange' is 'yes'; accepted: true, false") {
            $0.parameters = ["allowVolumeModeChange": "yes"]
        },
        Wrong("'csi.storage.k8s.io/pvc/name' holds a control character") {
            $0.parameters = ["csi.storage.k8s.io/pvc/name": "a\u{1b}[2Jb"]
        },
        Wrong("'csi.storage.k8s.io/pv/name' has 254 bytes") {
            $0.parameters = ["csi.storage.k8s.io/pv/name": String(repeating: "a", count: 254)]
        },
        Wrong("ext4-thin, xfs-thin") { $0.parameters = ["tier": ""] },
        Wrong("ext4, xfs, btrfs") { $0.volumeCapabilities = [.mount("zfs")] },
        Wrong("more than one file system") {
            $0.volumeCapabilities = [.mount("ext4"), .mount("xfs")]
        },
        Wrong("mkfsOptions") {
            $0.volumeCapabilities = [.block()]
            $0.parameters = ["mkfsOptions": "-i 8192"]
        },
        Wrong("") { $0.parameters = ["mkfsOptions": "-O ^has_journal /dev/sda"] },
        Wrong("") { $0.parameters = ["mkfsOptions": "; reboot"] },
        Wrong("none, raid0, raid1") { $0.parameters = ["raid": "mirror"] },
        Wrong("only 1 with raid1") { $0.parameters = ["raid": "raid1", "stripes": "2"] },
        Wrong("a power of two") { $0.parameters = ["stripes": "2", "stripeSize": "5Ki"] },
        Wrong("only where there are stripes") { $0.parameters = ["stripeSize": "64Ki"] },
        Wrong("mutable_parameters") { $0.mutableParameters = ["iops": "100"] },
        Wrong("names no source") { $0.volumeContentSource = .init() },
        Wrong("volume_mount_group") {
            $0.volumeCapabilities[0].accessType = .mount(.init(volumeMountGroup: "1000"))
        },
        Wrong("parameters has") {
            $0.parameters = ["mkfsOptions": String(repeating: "a", count: 4096)]
        },
        Wrong("parameters has") {
            $0.parameters = ["mkfsOptions": String(repeating: "a", count: 5 << 20)]
        },
        Wrong("mount_flags have") {
            $0.volumeCapabilities = [.mount(flags: [String(repeating: "a", count: 4097)])]
        },
    ])
    func `a request that can never succeed is INVALID_ARGUMENT`(_ wrong: Wrong) async throws {
        var request = request(.mebibytes(32))
        wrong.change(&request)
        await expectFailure(.invalidArgument, wrong.description) {
            try await cluster.create(request)
        }
        try await expectNothing(named: request.name)
    }

    /// RESOURCE_EXHAUSTED makes the provisioner try another node.
    @Test(arguments: [
        Wrong("tier 'nvme' is not configured on this node; the tiers are: ext4-thin, xfs-thin") {
            $0.parameters = ["tier": "nvme"]
        },
        Wrong("tier 'ext4-thin' have no layout of their own") {
            $0.parameters = ["raid": "raid1"]
        },
        Wrong("for tiers of LVM") { $0.parameters = ["stripes": "1", "tier": "xfs-thin"] },
    ])
    func `a class that only other nodes can serve is RESOURCE_EXHAUSTED`(_ wrong: Wrong)
        async throws
    {
        var request = request(.mebibytes(32))
        wrong.change(&request)
        await expectFailure(.resourceExhausted, wrong.description) {
            try await cluster.create(request)
        }
        try await expectNothing(named: request.name)
    }

    /// A final answer would leave it behind, as the caller goes to another node.
    @Test func `a class whose tier went away does not forget the volume that it made`() async throws
    {
        var request = request(.mebibytes(32))
        let volume = try await cluster.create(request)
        request.parameters = ["tier": "nvme"]
        await expectFailure(.alreadyExists, volume.volumeID, "different tier") {
            try await cluster.create(request)
        }
        #expect(try await cluster.get(volume.volumeID) == volume)
    }

    @Test func `a copy into a tier that is nowhere is refused by its source's tier`() async throws {
        let source = try await cluster.create(request(.mebibytes(32))).volumeID
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
        for origin in [
            VolumeContentSource.volume(source), .snapshot(snapshot.snapshotID),
        ] {
            let name = cluster.unique("copy")
            await expectFailure(.invalidArgument, "lies in tier 'ext4-thin'", "'nvme'") {
                try await cluster.create(name, tier: "nvme", from: origin)
            }
            try await expectNothing(named: name)
        }
        await expectFailure(.notFound, "does not exist") {
            try await cluster.create(cluster.unique("copy"), tier: "nvme", from: .volume("x"))
        }
    }

    @Test(arguments: [
        VolumeMode.multiNodeReaderOnly, .multiNodeSingleWriter, .multiNodeMultiWriter,
    ])
    func `modes of several nodes are refused, and the message says why`(_ mode: VolumeMode)
        async throws
    {
        for capability: VolumeCapability in [.mount(mode), .block(mode)] {
            var request = request(.mebibytes(32))
            request.volumeCapabilities = [capability]
            await expectFailure(.invalidArgument, mode.name, "one node's own disk", "ReadWriteOnce")
            {
                try await cluster.create(request)
            }
            try await expectNothing(named: request.name)
        }
    }

    @Test(arguments: [
        "bind", "remount", "loop", "rbind", "shared", "private", "offset=4096",
        "journal_path=/dev/sda", "ro,bind",
    ])
    func `mount flags that do anything but mount are refused`(_ flag: String) async throws {
        var request = request(.mebibytes(32))
        request.volumeCapabilities = [.mount(flags: [flag])]
        await expectFailure(.invalidArgument, "mount flag") { try await cluster.create(request) }
    }

    @Test func `the facts of the provisioner are accepted`() async throws {
        var request = request(.mebibytes(32))
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
        var request = request(.mebibytes(32))
        request.accessibilityRequirements = .init(
            requisite: [.init(segments: ["topology.cairn.storage/node": "elsewhere"])]
        )
        await expectFailure(.resourceExhausted, "'conformance'") {
            try await cluster.create(request)
        }
        try await expectNothing(named: request.name)
        request.accessibilityRequirements?.requisite.append(
            .init(segments: ["topology.cairn.storage/node": "conformance"])
        )
        #expect(try await cluster.create(request).accessibleTopology.count == 1)
    }

    @Test func `the default file system is the tier's, and fs_type chooses another`() async throws {
        let plain = try await cluster.create(request(.mebibytes(32)))
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
        var request = request(.mebibytes(300))
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

    private func expectNothing(named name: String) async throws {
        guard !name.isEmpty else { return }
        // Nothing of that name exists where another size of it can be made.
        let probe = CreateVolumeRequest(
            name: name,
            capacityRange: .init(requiredBytes: 20 << 20, limitBytes: 20 << 20),
            volumeCapabilities: [.block()]
        )
        let volume = try await cluster.create(probe)
        #expect(volume.capacityBytes == 20 << 20)
        try await cluster.delete(volume.volumeID)
    }
}

extension VolumeCapability {
    static func mount(_ mode: VolumeMode) -> Self { .mount("", mode) }
}
