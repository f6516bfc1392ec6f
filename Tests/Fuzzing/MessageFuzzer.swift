import CSIMessages
import DriverCore

/// Decoders of every request: the first byte chooses the message, the rest are its bytes.
enum MessageFuzzer: Fuzzer {
    /// scripts/fuzz.sh reads this list to make its seeds, and compares it with the contract.
    static let requests: [any CSIMessage] = [
        ControllerExpandVolumeRequest(),
        ControllerGetCapabilitiesRequest(),
        ControllerGetVolumeHealthRequest(),
        ControllerGetVolumeRequest(),
        ControllerListVolumeHealthRequest(),
        ControllerModifyVolumeRequest(),
        ControllerPublishVolumeRequest(),
        ControllerUnpublishVolumeRequest(),
        CreateSnapshotRequest(),
        CreateVolumeGroupSnapshotRequest(),
        CreateVolumeRequest(),
        DeleteSnapshotRequest(),
        DeleteVolumeGroupSnapshotRequest(),
        DeleteVolumeRequest(),
        DescribeVolumesRequest(),
        GetCapacityRequest(),
        GetMetadataAllocatedRequest(),
        GetMetadataDeltaRequest(),
        GetPluginCapabilitiesRequest(),
        GetPluginInfoRequest(),
        GetSnapshotRequest(),
        GetVolumeGroupSnapshotRequest(),
        GroupControllerGetCapabilitiesRequest(),
        LeaveRequest(),
        ListNodesRequest(),
        ListSnapshotsRequest(),
        ListVolumesRequest(),
        NodeExpandVolumeRequest(),
        NodeGetCapabilitiesRequest(),
        NodeGetInfoRequest(),
        NodeGetStorageHealthRequest(),
        NodeGetVolumeHealthRequest(),
        NodeGetVolumeStatsRequest(),
        NodePublishVolumeRequest(),
        NodeStageVolumeRequest(),
        NodeUnpublishVolumeRequest(),
        NodeUnstageVolumeRequest(),
        ProbeRequest(),
        RegisterRequest(),
        ValidateVolumeCapabilitiesRequest(),
    ]

    static func run(_ input: [UInt8]) {
        guard let choice = input.first, Int(choice) < requests.count else { return }
        let request: any CSIMessage = requests[Int(choice)]
        check(request, Array(input.dropFirst()))
    }

    private static func check<Message: CSIMessage>(_: Message, _ bytes: [UInt8]) {
        expectRefusal(.invalidRequest) { () throws(DriverError) in
            let message = try Message(decoding: bytes)
            let encoded = repeating("encoding what was decoded", message.encoded)
            let again = repeating("decoding what was encoded") { () throws(DriverError) in
                try Message(decoding: encoded)
            }
            require(again == message, "\(Message.self) changes when it is encoded and decoded")
            let second = repeating("encoding it again", again.encoded)
            require(second == encoded, "\(Message.self): equal values have different bytes")
        }
    }
}
