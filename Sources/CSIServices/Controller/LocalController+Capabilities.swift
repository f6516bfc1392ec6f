package import CSIMessages

extension LocalController {
    /// No PUBLISH_UNPUBLISH_VOLUME: a local disk has nothing to attach.
    ///
    /// SINGLE_NODE_MULTI_WRITER makes Kubernetes tell ReadWriteOnce (several pods of the node) and
    /// ReadWriteOncePod apart.
    package var capabilities: [ControllerServiceCapability.RPC.Kind] {
        [
            .createDeleteVolume, .listVolumes, .getCapacity, .createDeleteSnapshot,
            .listSnapshots, .cloneVolume, .expandVolume, .getVolume, .singleNodeMultiWriter,
            .getSnapshot,
        ]
    }
}
