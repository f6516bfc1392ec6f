package import CSIMessages

extension ControllerService {
    /// What this driver offers, on a node as in front of all of them.
    ///
    /// No PUBLISH_UNPUBLISH_VOLUME: a local disk has nothing to attach. SINGLE_NODE_MULTI_WRITER
    /// makes Kubernetes tell ReadWriteOnce (several pods of the node) and ReadWriteOncePod apart.
    package var capabilities: [ControllerServiceCapability.RPC.Kind] {
        [
            .createDeleteVolume, .listVolumes, .getCapacity, .createDeleteSnapshot,
            .listSnapshots, .cloneVolume, .expandVolume, .getVolume, .singleNodeMultiWriter,
            .getSnapshot,
        ]
    }
}
