internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Host
internal import NodeStorage

extension NodeService {
    /// Unmounts the staging path and detaches the volume.
    ///
    /// Needs the path only: it succeeds where nothing is mounted, and for a volume that does not
    /// exist.
    func unstageVolume(_ request: NodeUnstageVolumeRequest) async throws(DriverError)
        -> NodeUnstageVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        try RequestLimits.requirePath(request.stagingTargetPath, "staging_target_path")
        try await operations.run("NodeUnstageVolume", holding: [.exclusive(request.volumeID)]) {
            (_) throws(DriverError) in
            try unstage(request.volumeID, from: try target(request.stagingTargetPath))
        }
        return NodeUnstageVolumeResponse()
    }

    private func unstage(_ text: String, from path: TargetPath) throws(DriverError) {
        guard let id = VolumeID(parsing: text) else { return try Mounts.unmountAll(path) }
        let staging = usage.usage(of: id).staging
        let device = try tiers.device(of: id)
        try refuseWhilePublished(id, device, stagedAt: path)
        try Mounts.unmountAll(path)
        try Failpoint.pass(.unstageUnmounted)
        // A volume staged elsewhere keeps its device: this call was about another path.
        guard staging?.path.hasSameBytes(as: path.path) ?? true else { return }
        try detach(id, device)
        try Failpoint.pass(.unstageDetached)
        try usage.update(id) { $0.staging = nil }
        try Failpoint.pass(.unstageNoted)
    }

    /// Throws where the volume is still published, by the notes and the mount table; before
    /// anything is unmounted.
    private func refuseWhilePublished(
        _ id: VolumeID,
        _ device: VolumeDevice?,
        stagedAt path: TargetPath
    ) throws(DriverError) {
        let usage = usage.usage(of: id)
        let mounts = try VolumeMounts(of: device)
        let noted = usage.publications.first { mounts.isMountPoint($0.mountedAt) }?.target
        let visible = mounts.publications(
            beneath: try kubeletFolder(),
            exceptAt: try path.resolved(),
            usage
        )
        let place =
            noted
            ?? visible.first { !$0.isAt(usage.staging?.mountedAt) }?.target
        guard let place else { return }
        throw DriverError(
            .inUse,
            "volume \(id) is still published at \(place); unpublish it first"
        )
    }

    /// Detaches the volume's device, and records the process that keeps it in use, if any.
    func detach(_ id: VolumeID, _ device: VolumeDevice?) throws(DriverError) {
        do throws(DriverError) {
            try tiers.closeDevice(of: id)
            usage.findings.setHolder(nil, of: id)
        } catch {
            if let device, error.code == .inUse {
                usage.findings.setHolder(try? device.holderElsewhere(), of: id)
            }
            throw error
        }
    }
}
