import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime

/// The CSI calls of the walk.
struct VolumeClient: Sendable {
    let client: CSIClient
    let tier: String?
    let filesystem: String
    let directory: String

    func plugin() async throws(RPCFailure) -> GetPluginInfoResponse {
        try await client.call(GetPluginInfoRequest())
    }

    func create(_ name: String, size: ByteCount, from source: VolumeContentSource? = nil)
        async throws(RPCFailure) -> Volume
    {
        let answer = try await client.call(
            CreateVolumeRequest(
                name: name,
                capacityRange: CapacityRange(requiredBytes: size.bytes),
                volumeCapabilities: [capability],
                parameters: tier.map { ["tier": $0] } ?? [:],
                volumeContentSource: source
            )
        )
        guard let volume = answer.volume else {
            throw RPCFailure(.internalError, "the response of CreateVolume has no volume")
        }
        return volume
    }

    /// Stages and publishes; returns the path at which the volume can be used.
    func mount(_ volume: Volume, as name: String) async throws(RPCFailure) -> String {
        _ = try await client.call(
            NodeStageVolumeRequest(
                volumeID: volume.volumeID,
                stagingTargetPath: stagingPath(name),
                volumeCapability: capability
            )
        )
        _ = try await client.call(
            NodePublishVolumeRequest(
                volumeID: volume.volumeID,
                stagingTargetPath: stagingPath(name),
                targetPath: targetPath(name),
                volumeCapability: capability
            )
        )
        return targetPath(name)
    }

    func unmount(_ volumeID: String, as name: String) async throws(RPCFailure) {
        _ = try await client.call(
            NodeUnpublishVolumeRequest(volumeID: volumeID, targetPath: targetPath(name))
        )
        _ = try await client.call(
            NodeUnstageVolumeRequest(volumeID: volumeID, stagingTargetPath: stagingPath(name))
        )
    }

    func snapshot(_ volume: Volume, named name: String) async throws(RPCFailure) -> Snapshot {
        let answer = try await client.call(
            CreateSnapshotRequest(sourceVolumeID: volume.volumeID, name: name)
        )
        guard let snapshot = answer.snapshot else {
            throw RPCFailure(.internalError, "the response of CreateSnapshot has no snapshot")
        }
        return snapshot
    }

    /// Grows the volume, then the file system that is mounted at `path`.
    func expand(_ volume: Volume, to size: ByteCount, mountedAt path: String)
        async throws(RPCFailure)
    {
        let range = CapacityRange(requiredBytes: size.bytes)
        _ = try await client.call(
            ControllerExpandVolumeRequest(volumeID: volume.volumeID, capacityRange: range)
        )
        _ = try await client.call(
            NodeExpandVolumeRequest(
                volumeID: volume.volumeID,
                volumePath: path,
                capacityRange: range
            )
        )
    }

    /// The size of the mounted file system.
    func mountedSize(_ volume: Volume, at path: String) async throws(RPCFailure) -> ByteCount {
        let answer = try await client.call(
            NodeGetVolumeStatsRequest(volumeID: volume.volumeID, volumePath: path)
        )
        return ByteCount(answer.usage.first { $0.unit == .bytes }?.total ?? 0)
    }

    func delete(volume id: String) async throws(RPCFailure) {
        _ = try await client.call(DeleteVolumeRequest(volumeID: id))
    }

    func delete(snapshot id: String) async throws(RPCFailure) {
        _ = try await client.call(DeleteSnapshotRequest(snapshotID: id))
    }

    func exists(_ volumeID: String) async throws(RPCFailure) -> Bool {
        do throws(RPCFailure) {
            _ = try await client.call(ControllerGetVolumeRequest(volumeID: volumeID))
            return true
        } catch  where error.code == .notFound {
            return false
        }
    }

    private var capability: VolumeCapability {
        VolumeCapability(
            accessType: .mount(.init(fsType: filesystem)),
            accessMode: .init(mode: .singleNodeWriter)
        )
    }

    private func stagingPath(_ name: String) -> String { "\(directory)/\(name).staged" }
    private func targetPath(_ name: String) -> String { "\(directory)/\(name)" }
}
