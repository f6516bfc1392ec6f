import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// CSI 1.2/1: the name is the key of a retry, and everything that the first call fixed is compared.
@Suite(.cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `CreateVolume repeated` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// What every test here begins with: a request that is made once.
    private func made(_ change: (inout CreateVolumeRequest) -> Void = { _ in }) async throws
        -> (CreateVolumeRequest, Volume)
    {
        var request = CreateVolumeRequest(
            name: cluster.unique("replay"),
            capacityRange: .mebibytes(32, limit: 64),
            volumeCapabilities: [.mount("ext4", flags: ["noatime"])]
        )
        change(&request)
        return (request, try await cluster.create(request))
    }

    @Test func `the same request gives the same volume`() async throws {
        let (request, volume) = try await made()
        for _ in 1...3 { #expect(try await cluster.create(request) == volume) }
        #expect(try await cluster.volumes().filter { $0 == volume.volumeID }.count == 1)
    }

    @Test func `the answer tells size, id, place and no source`() async throws {
        let (_, volume) = try await made()
        #expect(volume.capacityBytes == 32 << 20)
        #expect(volume.volumeID.wholeMatch(of: /v1-[0-9a-f]{16}-[0-9a-f]{32}/) != nil)
        #expect(
            volume.accessibleTopology
                == [.init(segments: ["topology.cairn.storage/node": "conformance"])]
        )
        #expect(volume.contentSource == nil)
        #expect(volume.volumeContext.isEmpty)
    }

    @Test func `a range that the volume satisfies gives the same volume`() async throws {
        let (request, volume) = try await made()
        for range: CapacityRange in [
            .mebibytes(32), .mebibytes(16), .mebibytes(0, limit: 32), .mebibytes(31, limit: 33),
        ] {
            var again = request
            again.capacityRange = range
            #expect(try await cluster.create(again) == volume, "\(range)")
        }
        var unsized = request
        unsized.capacityRange = nil
        #expect(try await cluster.create(unsized) == volume)
    }

    @Test func `the order of capabilities makes no difference`() async throws {
        let both: [VolumeCapability] = [.mount("ext4"), .mount("ext4", .singleNodeMultiWriter)]
        let (request, volume) = try await made { $0.volumeCapabilities = both }
        var again = request
        again.volumeCapabilities = both.reversed()
        #expect(try await cluster.create(again) == volume)
    }

    @Test func `naming the default tier makes no difference`() async throws {
        let (request, volume) = try await made()
        var again = request
        again.parameters = ["tier": "ext4-thin"]
        #expect(try await cluster.create(again) == volume)
    }

    @Test func `standard keys and secrets make no difference`() async throws {
        let (request, volume) = try await made()
        var again = request
        again.parameters = ["csi.storage.k8s.io/pvc/name": "other"]
        again.secrets = Secrets(["key": "other"])
        #expect(try await cluster.create(again) == volume)
    }

    struct Difference: Sendable, CustomStringConvertible {
        let description: String
        let change: @Sendable (inout CreateVolumeRequest) -> Void

        init(
            _ description: String,
            _ change: @escaping @Sendable (inout CreateVolumeRequest) -> Void
        ) {
            self.description = description
            self.change = change
        }
    }

    @Test(arguments: [
        Difference("a different size") { $0.capacityRange = .mebibytes(48, limit: 64) },
        Difference("a different size") { $0.capacityRange = .mebibytes(0, limit: 16) },
        Difference("volume capabilities") {
            $0.volumeCapabilities = [.mount("ext4", flags: ["noatime"], .singleNodeSingleWriter)]
        },
        Difference("volume capabilities") { $0.volumeCapabilities = [.block()] },
        Difference("volume capabilities") {
            $0.volumeCapabilities = [.mount("xfs", flags: ["noatime"])]
        },
        Difference("volume capabilities") {
            $0.volumeCapabilities = [.mount("ext4", flags: ["nodev"])]
        },
        Difference("volume capabilities") { $0.volumeCapabilities = [.mount("ext4")] },
        Difference("volume capabilities") { $0.volumeCapabilities.append(.mount("ext4")) },
        Difference("parameter 'mkfsOptions'") { $0.parameters = ["mkfsOptions": "-i 8192"] },
        Difference("tier") { $0.parameters = ["tier": "xfs-thin"] },
        Difference("accessibility requirements") {
            $0.accessibilityRequirements = .init(
                requisite: [.init(segments: ["topology.cairn.storage/node": "elsewhere"])]
            )
        },
    ])
    func `another value of any field is ALREADY_EXISTS`(_ difference: Difference) async throws {
        let (request, volume) = try await made()
        var other = request
        difference.change(&other)
        await expectFailure(
            .alreadyExists,
            "'\(request.name)'",
            volume.volumeID,
            difference.description
        ) {
            try await cluster.create(other)
        }
        #expect(try await cluster.create(request) == volume)
    }

    @Test func `another content source is ALREADY_EXISTS`() async throws {
        let (plain, source) = try await made()
        let snapshot = try await cluster.snapshot(source.volumeID, named: cluster.unique("snap"))
        let (request, copy) = try await made {
            $0.volumeContentSource = .volume(source.volumeID)
        }
        #expect(copy.contentSource == .volume(source.volumeID))
        for source: VolumeContentSource? in [nil, .snapshot(snapshot.snapshotID)] {
            var other = request
            other.volumeContentSource = source
            await expectFailure(.alreadyExists, "content source") {
                try await cluster.create(other)
            }
        }
        var other = plain
        other.volumeContentSource = .snapshot(snapshot.snapshotID)
        await expectFailure(.alreadyExists, "content source") { try await cluster.create(other) }
    }

    @Test func `a copy is the same volume when asked for again, even without its source`()
        async throws
    {
        let (_, source) = try await made()
        let (request, copy) = try await made { $0.volumeContentSource = .volume(source.volumeID) }
        #expect(try await cluster.create(request) == copy)
        try await cluster.delete(source.volumeID)
        #expect(try await cluster.create(request) == copy)
    }

    @Test func `a volume that has grown since is the same volume, with its size of now`()
        async throws
    {
        let (request, volume) = try await made()
        _ = try await cluster.expand(volume.volumeID, to: .mebibytes(128))
        let again = try await cluster.create(request)
        #expect(again.volumeID == volume.volumeID)
        #expect(again.capacityBytes == 128 << 20)
    }

    @Test func `a deleted volume's name makes a new, empty volume`() async throws {
        let (request, volume) = try await made()
        let node: VolumeCapability = .mount("ext4", flags: ["noatime"])
        try await cluster.using(volume.volumeID, as: node) { try write("old", in: $0) }
        try await cluster.delete(volume.volumeID)
        #expect(try await cluster.create(request).volumeID == volume.volumeID)
        try await cluster.using(volume.volumeID, as: node) {
            #expect(!Paths.exists("\($0)/contents"))
        }
    }
}
