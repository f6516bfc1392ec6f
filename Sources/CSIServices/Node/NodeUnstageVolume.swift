internal import Backend
internal import CSIMessages
internal import DriverCore
internal import Host

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
        try refuseWhilePublished(id)
        try Mounts.unmountAll(path)
        try Failpoint.pass(.unstageUnmounted)
        // A volume staged elsewhere keeps its device: this call was about another path.
        guard staging?.path.hasSameBytes(as: path.path) ?? true else { return }
        if let volume = try tiers.find(id) { try volume.backend.detach(id) }
        try Failpoint.pass(.unstageDetached)
        try usage.update(id) { $0.staging = nil }
        try Failpoint.pass(.unstageNoted)
    }

    private func refuseWhilePublished(_ id: VolumeID) throws(DriverError) {
        let publications = usage.usage(of: id).publications
        guard !publications.isEmpty else { return }
        let mounted = Set(try MountTable.read().map { ByteKey($0.target) })
        guard let alive = publications.first(where: { mounted.contains(ByteKey($0.mountedAt)) })
        else {
            return
        }
        throw DriverError(
            .inUse,
            "volume \(id) is still published at \(alive.target); unpublish it first"
        )
    }
}
