package import CSIMessages

extension ControllerService {
    /// The Controller capabilities of the driver, the same on a node and on a controller.
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
