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
        let id = volumeID(of: request.volumeID)
        try await operations.run("NodeUnpublishVolume", holding: [.exclusive(id.text)]) {
            (_) throws(DriverError) in
            let path = try target(request.targetPath)
            try Mounts.unmountAll(path)
            try Failpoint.pass(.unpublishUnmounted)
            try path.removeBindTarget()
            try Failpoint.pass(.unpublishTargetRemoved)
            if id.text != request.volumeID {
                try EphemeralVolume(service: self, handle: request.volumeID).remove()
            }
            try usage.update(id) {
                $0.publications.removeAll { $0.target.hasSameBytes(as: path.path) }
            }
            try Failpoint.pass(.unpublishNoted)
        }
        return NodeUnpublishVolumeResponse()
    }
}
