internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Host
internal import Logging
internal import NodeStorage

extension NodeService {
    /// Unmounts and removes the target.
    ///
    /// Needs the path only: it succeeds where nothing is there, and for a volume that does not
    /// exist. An inline volume is removed with its target, or later where its tier does not answer:
    /// its pod must be able to end while a disk is away.
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
            let isInline = id.text != request.volumeID
            let isRemoved = isInline ? try removeInline(request.volumeID, id) : true
            try usage.update(id) { usage in
                usage.publications.removeAll { $0.target.hasSameBytes(as: path.path) }
                usage.isRemovalPending = !isRemoved
            }
            try Failpoint.pass(.unpublishNoted)
        }
        return NodeUnpublishVolumeResponse()
    }

    /// Deletes an inline volume; false where a tier that may have it does not answer.
    private func removeInline(_ handle: String, _ id: VolumeID) throws(DriverError) -> Bool {
        try detach(id, try tiers.device(of: id))
        do throws(DriverError) {
            try EphemeralVolume(service: self, handle: handle).remove()
            return true
        } catch  where error.code == .unavailable {
            // A step that fails on a tier that answers is finished by kubelet's retry.
            guard !isAnswered(id) else { throw error }
            logger.warning(
                "an inline volume is unpublished; the driver removes it when its tier answers",
                metadata: ["volume_id": "\(id)", "reason": "\(error.message)"]
            )
            return false
        }
    }

    /// Whether the tiers answer whether they have the volume.
    private func isAnswered(_ id: VolumeID) -> Bool {
        do throws(DriverError) {
            _ = try tiers.find(id)
            return true
        } catch {
            return false
        }
    }
}
