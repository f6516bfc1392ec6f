internal import CSIMessages

/// Which facts of a request its log line tells: ids and names, never parameters, contexts, mount
/// flags or secrets.
protocol LoggedRequest {
    /// Whether a success is worth a line at debug level only.
    static var isRoutine: Bool { get }
    var logFields: [(String, String)] { get }
}

extension LoggedRequest {
    static var isRoutine: Bool { false }
    var logFields: [(String, String)] { [] }
}

/// Requests that sidecars and kubelet repeat all the time.
protocol RoutineRequest: LoggedRequest {}
extension RoutineRequest {
    static var isRoutine: Bool { true }
}

extension GetPluginInfoRequest: RoutineRequest {}
extension GetPluginCapabilitiesRequest: RoutineRequest {}
extension ProbeRequest: RoutineRequest {}
extension ControllerGetCapabilitiesRequest: RoutineRequest {}
extension NodeGetCapabilitiesRequest: RoutineRequest {}
extension NodeGetInfoRequest: RoutineRequest {}
extension GetCapacityRequest: RoutineRequest {}
extension ListVolumesRequest: RoutineRequest {}

extension CreateVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] { [("name", name)] }
}
extension DeleteVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] { [("volume_id", volumeID)] }
}
extension ValidateVolumeCapabilitiesRequest: LoggedRequest {
    var logFields: [(String, String)] { [("volume_id", volumeID)] }
}
extension ControllerGetVolumeRequest: RoutineRequest {
    var logFields: [(String, String)] { [("volume_id", volumeID)] }
}
extension ControllerExpandVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] {
        [("volume_id", volumeID), ("required_bytes", "\(capacityRange?.requiredBytes ?? 0)")]
    }
}
extension CreateSnapshotRequest: LoggedRequest {
    var logFields: [(String, String)] { [("name", name), ("volume_id", sourceVolumeID)] }
}
extension DeleteSnapshotRequest: LoggedRequest {
    var logFields: [(String, String)] { [("snapshot_id", snapshotID)] }
}
extension ListSnapshotsRequest: RoutineRequest {
    var logFields: [(String, String)] {
        [("snapshot_id", snapshotID), ("volume_id", sourceVolumeID)].filter { !$0.1.isEmpty }
    }
}
extension GetSnapshotRequest: RoutineRequest {
    var logFields: [(String, String)] { [("snapshot_id", snapshotID)] }
}
extension NodeStageVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] {
        [("volume_id", volumeID), ("staging_path", stagingTargetPath)]
    }
}
extension NodeUnstageVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] {
        [("volume_id", volumeID), ("staging_path", stagingTargetPath)]
    }
}
extension NodePublishVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] {
        [("volume_id", volumeID), ("target_path", targetPath), ("readonly", "\(readonly)")]
    }
}
extension NodeUnpublishVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] { [("volume_id", volumeID), ("target_path", targetPath)] }
}
extension NodeGetVolumeStatsRequest: RoutineRequest {
    var logFields: [(String, String)] { [("volume_id", volumeID), ("volume_path", volumePath)] }
}
extension NodeExpandVolumeRequest: LoggedRequest {
    var logFields: [(String, String)] { [("volume_id", volumeID), ("volume_path", volumePath)] }
}

// Each node repeats its registration all the time.
extension RegisterRequest: RoutineRequest {
    var logFields: [(String, String)] { [("node_id", nodeID)] }
}
extension LeaveRequest: LoggedRequest {
    var logFields: [(String, String)] { [("node_id", nodeID)] }
}
extension ListNodesRequest: RoutineRequest {}
