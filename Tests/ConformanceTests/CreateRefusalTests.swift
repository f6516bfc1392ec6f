import CSIMessages
import DriverHarness
import GRPCRuntime
import Testing

/// CSI 1.2/2 and 1.3: what no CreateVolume may ask for, and what the refusals say.
@Suite(.cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `CreateVolume's refusals` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

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
        Wrong("99 is unknown") { $0.volumeCapabilities = [.mount(.unrecognized(99))] },
        Wrong("'color' is unknown; the StorageClass parameters are: tier, mkfsOptions") {
            $0.parameters = ["color": "red"]
        },
        Wrong("'Tier' is unknown (did you mean 'tier'?)") { $0.parameters = ["Tier": "x"] },
        Wrong("did you mean 'csi.storage.k8s.io/fstype'?") { $0.parameters = ["fsType": "xfs"] },
        Wrong("did you mean 'csi.storage.k8s.io/fstype'?") {
            $0.parameters = ["csi.storage.k8s.io/fsType": "xfs"]
        },
        Wrong("'csi.storage.k8s.io/something/new' is unknown") {
            $0.parameters = ["csi.storage.k8s.io/something/new": "value"]
        },
        Wrong("'csi.storage.k8s.io/ephemeral' is unknown") {
            $0.parameters = ["csi.storage.k8s.io/ephemeral": "true"]
        },
        Wrong("'zfs' is not supported; use one of ext4, xfs, btrfs") {
            $0.parameters = ["csi.storage.k8s.io/fstype": "zfs"]
        },
        Wrong("asks for ext4, but parameter 'csi.storage.k8s.io/fstype' for xfs") {
            $0.volumeCapabilities = [.mount("ext4")]
            $0.parameters = ["csi.storage.k8s.io/fstype": "xfs"]
        },
        Wrong("a raw block volume cannot have") {
            $0.volumeCapabilities = [.block()]
            $0.parameters = ["csi.storage.k8s.io/fstype": "xfs"]
        },
        Wrong("parameter 'allowVolumeModeChange' is 'yes'; accepted: true, false") {
            $0.parameters = ["allowVolumeModeChange": "yes"]
        },
        Wrong("'csi.storage.k8s.io/pvc/name' has a control character") {
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
        Wrong("only with more than one stripe") { $0.parameters = ["stripeSize": "64Ki"] },
        Wrong("mutable_parameters") { $0.mutableParameters = ["iops": "100"] },
        Wrong("has no source") { $0.volumeContentSource = .init() },
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
        var request = cluster.request(.mebibytes(32))
        wrong.change(&request)
        await expectFailure(.invalidArgument, wrong.description) {
            try await cluster.create(request)
        }
        try await cluster.expectNothing(named: request.name)
    }

    /// RESOURCE_EXHAUSTED makes the provisioner try another node.
    @Test(arguments: [
        Wrong("tier 'nvme' is not configured on this node; the tiers are: ext4-thin, xfs-thin") {
            $0.parameters = ["tier": "nvme"]
        },
        Wrong("tier 'ext4-thin': its volumes have no layout") {
            $0.parameters = ["raid": "raid1"]
        },
        Wrong("for LVM tiers") { $0.parameters = ["stripes": "1", "tier": "xfs-thin"] },
    ])
    func `a class that only other nodes can serve is RESOURCE_EXHAUSTED`(_ wrong: Wrong)
        async throws
    {
        var request = cluster.request(.mebibytes(32))
        wrong.change(&request)
        await expectFailure(.resourceExhausted, wrong.description) {
            try await cluster.create(request)
        }
        try await cluster.expectNothing(named: request.name)
    }

    @Test(arguments: [
        VolumeMode.multiNodeReaderOnly, .multiNodeSingleWriter, .multiNodeMultiWriter,
    ])
    func `modes of several nodes are refused, and the message says why`(_ mode: VolumeMode)
        async throws
    {
        for capability: VolumeCapability in [.mount(mode), .block(mode)] {
            var request = cluster.request(.mebibytes(32))
            request.volumeCapabilities = [capability]
            await expectFailure(.invalidArgument, mode.name, "a disk of one node", "ReadWriteOnce")
            {
                try await cluster.create(request)
            }
            try await cluster.expectNothing(named: request.name)
        }
    }

    @Test(arguments: [
        "bind", "remount", "loop", "rbind", "shared", "private", "offset=4096",
        "journal_path=/dev/sda", "ro,bind",
    ])
    func `mount flags that do anything but mount are refused`(_ flag: String) async throws {
        var request = cluster.request(.mebibytes(32))
        request.volumeCapabilities = [.mount(flags: [flag])]
        await expectFailure(.invalidArgument, "mount flag") { try await cluster.create(request) }
    }
}

extension VolumeCapability {
    static func mount(_ mode: VolumeMode) -> Self { .mount("", mode) }
}
