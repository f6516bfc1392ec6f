import CSIMessages
import DriverCore
import Testing

/// Bytes that `protoc --encode=csi.v1.<Message>` wrote, kept here as text.
@Suite(.timeLimit(.minutes(5))) struct GoldenTests {
    /// With a value of its own in each field.
    private static let tier = NodeTier(
        name: "fast",
        backend: "thin",
        isDefault: true,
        isAvailable: true,
        totalBytes: 4096,
        availableBytes: 2048,
        maximumVolumeBytes: 1024,
        volumeCount: 3,
        snapshotCount: 1,
        problems: [NodeProblem(kind: "full", message: "m", subject: "vg")],
        defaultFilesystem: "xfs",
        sizeUnitBytes: 512
    )

    @Test func `CreateVolumeRequest is what protoc writes`() throws {
        let request = CreateVolumeRequest(
            name: "pvc-1",
            capacityRange: CapacityRange(requiredBytes: 1 << 30, limitBytes: 2 << 30),
            volumeCapabilities: [
                VolumeCapability(
                    accessType: .mount(
                        VolumeCapability.MountVolume(fsType: "ext4", mountFlags: ["noatime"])
                    ),
                    accessMode: VolumeCapability.AccessMode(mode: .singleNodeWriter)
                )
            ],
            parameters: ["tier": "scratch"],
            volumeContentSource: VolumeContentSource(
                type: .snapshot(VolumeContentSource.SnapshotSource(snapshotID: "s1-x"))
            ),
            accessibilityRequirements: TopologyRequirement(
                requisite: [Topology(segments: ["topology.cairn.storage/node": "n1"])])
        )
        try expect(
            request,
            """
            0a057076632d31120c0880808080041080808080081a15120f0a046578743412076e6f6174696d651a02080122
            0f0a047469657212077363726174636832080a060a0473312d783a250a230a210a1b746f706f6c6f67792e6361
            69726e2e73746f726167652f6e6f646512026e31
            """
        )
    }

    @Test func `a wrapper that holds zero is not a wrapper that is absent`() throws {
        let response = GetCapacityResponse(
            availableCapacity: .max,
            maximumVolumeSize: 0,
            minimumVolumeSize: -1
        )
        try expect(response, "08ffffffffffffffff7f12001a0b08ffffffffffffffffff01")
    }

    @Test func `ListSnapshotsResponse is what protoc writes`() throws {
        let snapshot = Snapshot(
            sizeBytes: 4096,
            snapshotID: "s1-y",
            sourceVolumeID: "v1-z",
            creationTime: Timestamp(seconds: 1_790_000_000, nanoseconds: 5),
            readyToUse: true
        )
        let response = ListSnapshotsResponse(
            entries: [ListSnapshotsResponse.Entry(snapshot: snapshot)],
            nextToken: "t"
        )
        try expect(
            response,
            "0a1d0a1b088020120473312d791a0476312d7a22080880f7c4d50610052801120174"
        )
    }

    @Test func `RegisterRequest is what protoc writes`() throws {
        let request = RegisterRequest(
            nodeID: "n1",
            bootID: "b",
            driverName: "csi.cairn.storage",
            version: "0.1.0",
            endpoint: "10.0.0.1:9443",
            segments: ["zone": "a", "topology.cairn.storage/node": "n1"],
            tiers: [Self.tier],
            problems: [NodeProblem(kind: "record", message: "x")],
            clockUnixNanoseconds: 1_790_000_000_000_000_001,
            maximumVolumes: 100,
            instanceID: "i"
        )
        try expect(
            request,
            """
            0a026e311201621a116373692e636169726e2e73746f726167652205302e312e302a0d31302e302e302e313a
            3934343332210a1b746f706f6c6f67792e636169726e2e73746f726167652f6e6f646512026e3132090a047a
            6f6e651201613a340a046661737412047468696e18012001288020308010388008480350015a0d0a0466756c
            6c12016d1a0276676203786673688004420b0a067265636f7264120178488180cc9fc2f0d6eb1850645a0169
            """
        )
    }

    private func expect<Message: CSIMessage>(_ message: Message, _ hex: String) throws {
        #expect(try message.encoded() == decodeHex(hex))
        #expect(try Message(decoding: decodeHex(hex)) == message)
    }
}
