import CSIMessages
import DriverHarness
import GRPCRuntime
import Testing

/// CSI 1.2/7.
@Suite(.cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `ValidateVolumeCapabilities` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func validate(_ request: ValidateVolumeCapabilitiesRequest) async throws
        -> ValidateVolumeCapabilitiesResponse
    {
        try await cluster.call(request)
    }

    @Test func `what the volume can do is confirmed, word by word`() async throws {
        let id = try await cluster.create(cluster.unique("can")).volumeID
        for capability: VolumeCapability in [
            .mount(), .mount("ext4"), .mount(flags: ["noatime"]), .mount(.singleNodeSingleWriter),
            .mount(.singleNodeMultiWriter), .mount(.singleNodeReaderOnly),
        ] {
            let answer = try await validate(.init(volumeID: id, volumeCapabilities: [capability]))
            #expect(answer.confirmed?.volumeCapabilities == [capability])
            #expect(answer.message.isEmpty)
        }
    }

    @Test(arguments: [
        VolumeCapability.block(), .mount("xfs"), .mount("zfs"), .mount(.multiNodeMultiWriter),
        .mount(.multiNodeReaderOnly), .mount(.unknown), .mount(flags: ["bind"]), .init(),
    ])
    func `what it cannot do is an answer without confirmation that says why`(
        _ capability: VolumeCapability
    ) async throws {
        let id = try await cluster.create(cluster.unique("cannot")).volumeID
        let answer = try await validate(
            .init(volumeID: id, volumeCapabilities: [.mount(), capability])
        )
        #expect(answer.confirmed == nil)
        #expect(!answer.message.isEmpty)
    }

    @Test func `parameters and context must be the volume's`() async throws {
        let id = try await cluster.create(
            CreateVolumeRequest(
                name: cluster.unique("with"),
                capacityRange: .mebibytes(32),
                volumeCapabilities: [.mount()],
                parameters: ["mkfsOptions": "-i 8192"]
            )
        ).volumeID
        let same = ["mkfsOptions": "-i 8192", "csi.storage.k8s.io/pvc/name": "claim"]
        let confirmed = try await validate(
            .init(volumeID: id, volumeCapabilities: [.mount()], parameters: same)
        )
        #expect(confirmed.confirmed?.parameters == same)
        for request: ValidateVolumeCapabilitiesRequest in [
            .init(
                volumeID: id,
                volumeCapabilities: [.mount()],
                parameters: ["mkfsOptions": "-i 4096"]
            ),
            .init(volumeID: id, volumeCapabilities: [.mount()], parameters: ["color": "red"]),
            .init(volumeID: id, volumeContext: ["key": "value"], volumeCapabilities: [.mount()]),
            .init(
                volumeID: id,
                volumeCapabilities: [.mount()],
                mutableParameters: ["iops": "100"]
            ),
        ] {
            let answer = try await validate(request)
            #expect(answer.confirmed == nil)
            #expect(!answer.message.isEmpty)
        }
    }

    /// The same rule as for a repeated create.
    @Test func `the tier by name is no difference, whether the class named it or not`()
        async throws
    {
        let byDefault = try await cluster.create(cluster.unique("default")).volumeID
        let named = try await cluster.create(cluster.unique("named"), tier: "ext4-thin").volumeID
        for id in [byDefault, named] {
            for parameters in [["tier": "ext4-thin"], ["csi.storage.k8s.io/fstype": "ext4"], [:]] {
                let answer = try await validate(
                    .init(volumeID: id, volumeCapabilities: [.mount()], parameters: parameters)
                )
                #expect(answer.confirmed?.parameters == parameters, "\(answer.message)")
            }
            for (parameters, key) in [
                (["tier": "nvme"], "'tier'"), (["mkfsOptions": "-i 8192"], "'mkfsOptions'"),
                (["csi.storage.k8s.io/fstype": "xfs"], "'csi.storage.k8s.io/fstype'"),
            ] {
                let answer = try await validate(
                    .init(volumeID: id, volumeCapabilities: [.mount()], parameters: parameters)
                )
                #expect(answer.confirmed == nil && answer.message.contains(key))
            }
        }
    }

    @Test func `a volume that does not exist is NOT_FOUND`() async throws {
        let gone = try await cluster.create(cluster.unique("gone")).volumeID
        try await cluster.delete(gone)
        for id in [gone, "x"] {
            await expectFailure(.notFound, "does not exist") {
                try await validate(.init(volumeID: id, volumeCapabilities: [.mount()]))
            }
        }
    }

    @Test func `ControllerGetVolume tells what CreateVolume told`() async throws {
        let volume = try await cluster.create(cluster.unique("get"))
        #expect(try await cluster.get(volume.volumeID) == volume)
        let copy = try await cluster.create(cluster.unique("get"), from: .volume(volume.volumeID))
        #expect(try await cluster.get(copy.volumeID) == copy)
        await expectFailure(.notFound) { try await cluster.get("x") }
    }
}
