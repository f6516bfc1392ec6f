import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// A copy in another volume mode than its source's: a tenant's raw image would be mounted by the
/// node, or a file system be handed out as bytes.
@Suite(.serialized, .timeLimit(.minutes(10)), .cluster(.ext4Thin, .xfsThin))
struct `The volume mode of a copy` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func sources(
        as capability: VolumeCapability,
        tier: String,
        used: Bool
    ) async throws -> [VolumeContentSource] {
        let name = cluster.unique("source")
        let source = try await cluster.create(name, as: capability, tier: tier).volumeID
        if used { try await cluster.using(source, as: capability) { _ in } }
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
        return [.volume(source), .snapshot(snapshot.snapshotID)]
    }

    private func request(
        _ capabilities: [VolumeCapability],
        from source: VolumeContentSource,
        _ parameters: [String: String]
    ) -> CreateVolumeRequest {
        CreateVolumeRequest(
            name: cluster.unique("copy"),
            capacityRange: .mebibytes(32),
            volumeCapabilities: capabilities,
            parameters: parameters,
            volumeContentSource: source
        )
    }

    @Test(arguments: ["ext4-thin", "xfs-thin"], [true, false])
    func `is its source's`(_ tier: String, _ used: Bool) async throws {
        let pool = try #require(cluster.pools.first { $0.kind.tier == tier })
        for (made, wanted, words) in [
            (VolumeCapability.block(), [VolumeCapability.mount()], "cannot be mounted"),
            (.block(), [.block(), .mount()], "cannot be mounted"),
            (.mount(), [.block()], "cannot be a raw block volume"),
            (.mount(), [.mount(), .block()], "cannot be a raw block volume"),
        ] {
            for source in try await sources(as: made, tier: tier, used: used) {
                let before = Files.objects(in: pool).count
                let request = request(wanted, from: source, ["tier": tier])
                await expectFailure(.invalidArgument, words, "allowVolumeModeChange") {
                    try await cluster.create(request)
                }
                #expect(Files.objects(in: pool).count == before)
            }
        }
    }

    @Test func `is another where the class says so`() async throws {
        let parameters = ["allowVolumeModeChange": "true"]
        for source in try await sources(as: .mount(), tier: "ext4-thin", used: true) {
            let request = request([.block()], from: source, parameters)
            let copy = try await cluster.create(request)
            #expect(try await cluster.create(request) == copy)
            try await cluster.using(copy.volumeID, as: .block()) {
                // The magic number of ext4, in the superblock.
                let magic = try Bytes.read($0, at: 1024 + 0x38, count: 2)
                #expect(magic == [0x53, 0xef])
            }
            // It is a raw image from now on.
            let back = self.request([.mount()], from: .volume(copy.volumeID), [:])
            await expectFailure(.invalidArgument, "cannot be mounted") {
                try await cluster.create(back)
            }
        }
        let raw = try await sources(as: .block(), tier: "ext4-thin", used: false)
        for source in raw {
            _ = try await cluster.create(request([.mount()], from: source, parameters))
            let refused = request([.mount()], from: source, ["allowVolumeModeChange": "false"])
            await expectFailure(.invalidArgument, "cannot be mounted") {
                try await cluster.create(refused)
            }
        }
    }
}

@Suite(
    .timeLimit(.minutes(5)),
    .cluster(.xfsThin, inline: "    allowVolumeModeChange: true\n")
)
struct `A tier that allows another volume mode` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `makes such copies for any class`() async throws {
        let source = try await cluster.create(cluster.unique("source"), as: .block()).volumeID
        try await cluster.using(source, as: .block()) { _ in }
        let copy = try await cluster.create(cluster.unique("copy"), from: .volume(source))
        #expect(copy.contentSource == .volume(source))
    }
}
