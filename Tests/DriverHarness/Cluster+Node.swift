package import CSIMessages
import DriverCore
package import Host

/// Node calls in the words of the tests.
extension Cluster {
    package func staging(_ volumeID: String) -> String { "\(folder)/kubelet/staging/\(volumeID)" }

    /// A target beneath kubelet's folder that does not exist yet.
    package func target(_ name: String = "target") -> String {
        "\(folder)/kubelet/pods/\(unique(name))"
    }

    package func stage(
        _ volumeID: String,
        as capability: VolumeCapability = .mount(),
        at path: String? = nil
    )
        async throws
    {
        _ = try await call(
            NodeStageVolumeRequest(
                volumeID: volumeID,
                stagingTargetPath: path ?? staging(volumeID),
                volumeCapability: capability
            )
        )
    }

    package func unstage(_ volumeID: String, from path: String? = nil) async throws {
        _ = try await call(
            NodeUnstageVolumeRequest(
                volumeID: volumeID,
                stagingTargetPath: path ?? staging(volumeID)
            )
        )
    }

    package func publish(
        _ volumeID: String,
        at target: String,
        as capability: VolumeCapability = .mount(),
        readOnly: Bool = false
    ) async throws {
        _ = try await call(
            NodePublishVolumeRequest(
                volumeID: volumeID,
                stagingTargetPath: staging(volumeID),
                targetPath: target,
                volumeCapability: capability,
                readonly: readOnly
            )
        )
    }

    package func unpublish(_ volumeID: String, from target: String) async throws {
        _ = try await call(NodeUnpublishVolumeRequest(volumeID: volumeID, targetPath: target))
    }

    package func nodeExpand(_ volumeID: String, at path: String, to range: CapacityRange? = nil)
        async throws -> Int64
    {
        let request = NodeExpandVolumeRequest(
            volumeID: volumeID,
            volumePath: path,
            capacityRange: range
        )
        return try await call(request).capacityBytes
    }

    package func stats(_ volumeID: String, at path: String) async throws -> [VolumeUsage] {
        let request = NodeGetVolumeStatsRequest(volumeID: volumeID, volumePath: path)
        return try await call(request).usage
    }

    /// Stages and publishes a volume while the body runs, and takes both back.
    @discardableResult
    package func using<Result>(
        _ volumeID: String,
        as capability: VolumeCapability = .mount(),
        _ body: (String) async throws -> Result
    ) async throws -> Result {
        let target = target()
        try await stage(volumeID, as: capability)
        try await publish(volumeID, at: target, as: capability)
        let result = try await body(target)
        try await unpublish(volumeID, from: target)
        try await unstage(volumeID)
        return result
    }

    /// The mounts at a path, as the kernel tells them.
    package func mounts(at path: String) throws -> [MountEntry] {
        try MountTable.read().filter { $0.target == path }
    }

    /// The types of the file systems mounted there, the lowest layer first.
    package func filesystems(at path: String) throws -> [String] {
        try mounts(at: path).map(\.fsType)
    }

    /// The loop devices of the volume's file.
    package func devices(of volumeID: String) -> [String] {
        pools.flatMap { Leftovers.devices(beneath: $0.data(of: volumeID)) }
    }
}
