internal import Backend
internal import CSIMessages
internal import DriverCore
internal import Host

extension NodeService {
    /// Unmounts and removes the target.
    ///
    /// Needs the path only: it succeeds where nothing is there, and for a volume that does not
    /// exist. An inline volume is removed with its target.
    func unpublishVolume(_ request: NodeUnpublishVolumeRequest) async throws(DriverError)
        -> NodeUnpublishVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        try RequestLimits.requirePath(request.targetPath, "target_path")
        let id = VolumeID(parsing: request.volumeID)
        let key = id ?? identity.volumeID(forName: request.volumeID)
        try await operations.run("NodeUnpublishVolume", holding: [.exclusive(key.text)]) {
            (_) throws(DriverError) in
            let path = try target(request.targetPath)
            try Mounts.unmountAll(path)
            try path.removeBindTarget()
            if id == nil {
                try EphemeralVolume(service: self, handle: request.volumeID).remove()
            }
            try usage.update(key) { $0.publications.removeAll { $0.target == path.path } }
        }
        return NodeUnpublishVolumeResponse()
    }
}
