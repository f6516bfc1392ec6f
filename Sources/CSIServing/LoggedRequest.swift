package import CSIMessages

/// The facts of a request for its log line: ids and names, never parameters, contexts, mount flags
/// or secrets.
package protocol LoggedRequest {
    /// Whether a success is worth a line at debug level only.
    static var isRoutine: Bool { get }
    /// Whether NOT_FOUND is worth no more.
    static var isLookUp: Bool { get }
    var logFields: [(key: String, value: String)] { get }
}

extension LoggedRequest {
    package static var isRoutine: Bool { false }
    package static var isLookUp: Bool { false }
    package var logFields: [(key: String, value: String)] { [] }
}

/// Requests that sidecars and kubelet repeat all the time.
package protocol RoutineRequest: LoggedRequest {}
extension RoutineRequest {
    package static var isRoutine: Bool { true }
}

/// Requests by which a controller asks the nodes, for each create, whether one has it already.
package protocol LookUpRequest: RoutineRequest {}
extension LookUpRequest {
    package static var isLookUp: Bool { true }
}

extension GetPluginInfoRequest: RoutineRequest {}
extension GetPluginCapabilitiesRequest: RoutineRequest {}
extension ProbeRequest: RoutineRequest {}
extension ControllerGetCapabilitiesRequest: RoutineRequest {}
extension NodeGetCapabilitiesRequest: RoutineRequest {}
extension NodeGetInfoRequest: RoutineRequest {}
extension GetCapacityRequest: RoutineRequest {}
extension ListVolumesRequest: RoutineRequest {}
extension DescribeVolumesRequest: RoutineRequest {}

extension CreateVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] { [("name", name)] }
}
extension DeleteVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] { [("volume_id", volumeID)] }
}
extension ValidateVolumeCapabilitiesRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] { [("volume_id", volumeID)] }
}
extension ControllerGetVolumeRequest: LookUpRequest {
    package var logFields: [(key: String, value: String)] { [("volume_id", volumeID)] }
}
extension ControllerExpandVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] {
        [("volume_id", volumeID), ("required_bytes", "\(capacityRange?.requiredBytes ?? 0)")]
    }
}
extension CreateSnapshotRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] {
        [("name", name), ("volume_id", sourceVolumeID)]
    }
}
extension DeleteSnapshotRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] { [("snapshot_id", snapshotID)] }
}
extension ListSnapshotsRequest: RoutineRequest {
    package var logFields: [(key: String, value: String)] {
        [("snapshot_id", snapshotID), ("volume_id", sourceVolumeID)].filter { !$0.1.isEmpty }
    }
}
extension GetSnapshotRequest: LookUpRequest {
    package var logFields: [(key: String, value: String)] { [("snapshot_id", snapshotID)] }
}
extension NodeStageVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] {
        [("volume_id", volumeID), ("staging_path", stagingTargetPath)]
    }
}
extension NodeUnstageVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] {
        [("volume_id", volumeID), ("staging_path", stagingTargetPath)]
    }
}
extension NodePublishVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] {
        [("volume_id", volumeID), ("target_path", targetPath), ("readonly", "\(readonly)")]
    }
}
extension NodeUnpublishVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] {
        [("volume_id", volumeID), ("target_path", targetPath)]
    }
}
extension NodeGetVolumeStatsRequest: RoutineRequest {
    package var logFields: [(key: String, value: String)] {
        [("volume_id", volumeID), ("volume_path", volumePath)]
    }
}
extension NodeExpandVolumeRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] {
        [("volume_id", volumeID), ("volume_path", volumePath)]
    }
}

// Each node repeats its registration all the time.
extension RegisterRequest: RoutineRequest {
    package var logFields: [(key: String, value: String)] { [("node_id", nodeID)] }
}
extension LeaveRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] { [("node_id", nodeID)] }
}
extension ListNodesRequest: RoutineRequest {}
