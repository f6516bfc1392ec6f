import CSIMessages
import Testing

@Suite(.timeLimit(.minutes(5))) struct MethodTests {
    @Test func `a request knows the full path of its RPC`() {
        #expect(CreateVolumeRequest.method == "/csi.v1.Controller/CreateVolume")
        #expect(ProbeRequest.method == "/csi.v1.Identity/Probe")
        #expect(NodeGetInfoRequest.method == "/csi.v1.Node/NodeGetInfo")
        #expect(GetMetadataDeltaRequest.method == "/csi.v1.SnapshotMetadata/GetMetadataDelta")
        #expect(RegisterRequest.method == "/cairn.v1.NodeRegistry/Register")
    }

    @Test func `an enum number that the contract does not name survives both ways`() throws {
        let bytes = decodeHex("0863")
        let mode = try VolumeCapability.AccessMode(decoding: bytes)
        #expect(mode.mode == .unrecognized(99))
        #expect(mode.mode.name == "UNRECOGNIZED(99)")
        #expect(try mode.encoded() == bytes)

        let negative = VolumeCapability.AccessMode(mode: .unrecognized(-1))
        #expect(try VolumeCapability.AccessMode(decoding: negative.encoded()) == negative)
    }

    @Test func `an enum keeps the names of the proto`() {
        #expect(VolumeCapability.AccessMode.Mode.singleNodeWriter.name == "SINGLE_NODE_WRITER")
        #expect(NodeServiceCapability.RPC.Kind(wireValue: 1) == .stageUnstageVolume)
    }
}
