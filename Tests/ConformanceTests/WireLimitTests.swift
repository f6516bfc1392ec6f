import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// CSI 1.3: sizes of fields, and bytes that no client of ours could send by mistake.
@Suite(.cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `Limits of the wire` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// A CreateVolume of 32 MiB with these bytes as its name.
    private func create(name: [UInt8]) async throws(RPCFailure) -> [UInt8] {
        let rest = CreateVolumeRequest(
            capacityRange: .mebibytes(32),
            volumeCapabilities: [.mount()]
        )
        // Field 1, length-delimited; the length takes two bytes of seven bits.
        let length = [UInt8(name.count & 0x7f | 0x80), UInt8(name.count >> 7)]
        let encoded = (try? rest.encoded()) ?? []
        return try await cluster.driver.rawCall(
            CreateVolumeRequest.method,
            [0x0a] + length + name + encoded
        )
    }

    @Test func `a name of 128 bytes is taken, one of 129 is refused`() async throws {
        _ = try await create(name: Array(repeating: UInt8(ascii: "n"), count: 128))
        await expectFailure(.invalidArgument, "name has 129 bytes", "128") {
            try await create(name: Array(repeating: UInt8(ascii: "n"), count: 129))
        }
    }

    @Test func `names may be any text`() async throws {
        for name in ["ünïcödé 卷", "../../etc/passwd", "a/b", "-rf", ".", "x\ty\nz\r", "$(reboot)"] {
            let volume = try await cluster.create(name)
            #expect(Paths.exists(cluster.pools[0].data(of: volume.volumeID)))
            try await cluster.delete(volume.volumeID)
        }
    }

    @Test(arguments: ["\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{e}", "\u{1f}", "\u{7f}", "\u{9f}"])
    func `control characters in a name are refused`(_ character: String) async {
        await expectFailure(.invalidArgument, "control character") {
            try await create(name: Array("a\(character)b".utf8))
        }
    }

    @Test(
        arguments: [
            [0xff], [0xc3, 0x28], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0xaf],
            [0x61, 0x00, 0x62], [0x00],
        ] as [[UInt8]]
    )
    func `text that is not UTF-8 or holds a NUL is refused`(_ name: [UInt8]) async {
        await expectFailure(.invalidArgument, "CreateVolumeRequest") {
            try await create(name: name)
        }
    }

    @Test func `bytes that are no message are refused, and the driver lives`() async throws {
        for bytes: [UInt8] in [
            [0xff, 0xff], [0x0a, 0x7f], Array(repeating: 0x0b, count: 100_000),
        ] {
            await expectFailure(.invalidArgument) {
                try await cluster.driver.rawCall(CreateVolumeRequest.method, bytes)
            }
        }
        #expect(try await cluster.call(ProbeRequest()).ready == true)
    }

    @Test func `a request above 16 MiB is refused, and the driver lives`() async throws {
        await expectFailure(.resourceExhausted) {
            try await cluster.driver.rawCall(
                CreateVolumeRequest.method,
                Array(repeating: 0, count: 17 << 20)
            )
        }
        #expect(try await cluster.call(ProbeRequest()).ready == true)
    }

    @Test func `ids longer than any of ours are not found, and deleting them is OK`() async throws {
        let long = String(repeating: "v", count: 128)
        try await cluster.delete(long)
        try await cluster.deleteSnapshot(long)
        await expectFailure(.notFound) { try await cluster.get(long) }
    }

    @Test func `a path of PATH_MAX is taken, a longer one refused`() async throws {
        let volume = try await cluster.create(cluster.unique("path"))
        let deep =
            cluster.folder + "/kubelet/pods/" + String(repeating: "p/", count: 1900) + "mount"
        try await cluster.unpublish(volume.volumeID, from: deep)
        await expectFailure(.invalidArgument, "target_path") {
            try await cluster.unpublish(
                volume.volumeID,
                from: "/" + String(repeating: "p", count: 4096)
            )
        }
    }

    @Test func `a volume_context above 4 KiB is refused`() async throws {
        let volume = try await cluster.create(cluster.unique("context"))
        let request = NodePublishVolumeRequest(
            volumeID: volume.volumeID,
            stagingTargetPath: cluster.staging(volume.volumeID),
            targetPath: cluster.target(),
            volumeCapability: .mount(),
            volumeContext: ["key": String(repeating: "c", count: 4096)]
        )
        await expectFailure(.invalidArgument, "volume_context") { try await cluster.call(request) }
    }

    @Test func `every required field that is missing is INVALID_ARGUMENT and named`() async throws {
        await expectMissing("volume_id", in: DeleteVolumeRequest())
        await expectMissing("volume_id", in: ControllerGetVolumeRequest())
        let expand = ControllerExpandVolumeRequest(capacityRange: .mebibytes(1))
        await expectMissing("volume_id", in: expand)
        await expectMissing("capacity_range", in: ControllerExpandVolumeRequest(volumeID: "v"))
        await expectMissing("name", in: CreateSnapshotRequest(sourceVolumeID: "v"))
        await expectMissing("source_volume_id", in: CreateSnapshotRequest(name: "s"))
        await expectMissing("snapshot_id", in: DeleteSnapshotRequest())
        await expectMissing("snapshot_id", in: GetSnapshotRequest())
        let capability = VolumeCapability.mount()
        let stage = NodeStageVolumeRequest(volumeID: "v", volumeCapability: capability)
        await expectMissing("staging_target_path", in: stage)
        let unclear = NodeStageVolumeRequest(volumeID: "v", stagingTargetPath: "/s")
        await expectMissing("volume_capability", in: unclear)
        await expectMissing("staging_target_path", in: NodeUnstageVolumeRequest(volumeID: "v"))
        let publish = NodePublishVolumeRequest(volumeID: "v", volumeCapability: capability)
        await expectMissing("target_path", in: publish)
        await expectMissing("target_path", in: NodeUnpublishVolumeRequest(volumeID: "v"))
        await expectMissing("volume_path", in: NodeGetVolumeStatsRequest(volumeID: "v"))
        await expectMissing("volume_path", in: NodeExpandVolumeRequest(volumeID: "v"))
        let validate = ValidateVolumeCapabilitiesRequest(volumeID: "v")
        await expectMissing("volume_capabilities", in: validate)
    }

    private func expectMissing(
        _ field: String,
        in request: some CSIRequest,
        at location: SourceLocation = #_sourceLocation
    ) async {
        await expectFailure(.invalidArgument, field, at: location) {
            try await cluster.driver.call(request)
        }
    }
}
