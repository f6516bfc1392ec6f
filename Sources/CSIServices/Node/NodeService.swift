internal import Backend
internal import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import Host
package import Logging
package import Naming
package import NodeStorage

/// The CSI Node service over this node's tiers; one file per RPC.
package struct NodeService: Sendable {
    let identity: NodeIdentity
    let tiers: Tiers
    let operations: Operations
    let usage: VolumeUsageBook
    let admission: Admission
    let settings: NodeSettings
    let logger: Logger
    let now: @Sendable () -> Timestamp

    package init(
        identity: NodeIdentity,
        tiers: Tiers,
        operations: Operations,
        usage: VolumeUsageBook,
        admission: Admission,
        settings: NodeSettings,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { WallClock.now() }
    ) {
        self.identity = identity
        self.tiers = tiers
        self.operations = operations
        self.usage = usage
        self.admission = admission
        self.settings = settings
        self.logger = logger
        self.now = now
    }

    /// The capabilities that NodeGetCapabilities returns.
    static let capabilities: [NodeServiceCapability.RPC.Kind] = [
        .stageUnstageVolume, .getVolumeStats, .expandVolume, .singleNodeMultiWriter,
    ]

    package func register(in router: inout Router) {
        router.serve(NodeGetCapabilitiesRequest.self) { (_) in
            NodeGetCapabilitiesResponse(
                capabilities: Self.capabilities.map { .init(type: .rpc(.init(type: $0))) }
            )
        }
        router.serve(NodeGetInfoRequest.self) { (_) in
            NodeGetInfoResponse(
                nodeID: identity.nodeID,
                maxVolumesPerNode: admission.maximumVolumes,
                accessibleTopology: identity.topology
            )
        }
        router.serve(NodeStageVolumeRequest.self, stageVolume)
        router.serve(NodeUnstageVolumeRequest.self, unstageVolume)
        router.serve(NodePublishVolumeRequest.self, publishVolume)
        router.serve(NodeUnpublishVolumeRequest.self, unpublishVolume)
        router.serve(NodeGetVolumeStatsRequest.self, volumeStats)
        router.serve(NodeExpandVolumeRequest.self, expandVolume)
    }

    /// The id for a volume_id of a request; for an inline volume that is kubelet's handle.
    func volumeID(of text: String) -> VolumeID {
        VolumeID(parsing: text) ?? identity.volumeID(forName: text)
    }

    /// kubelet's directory, spelled as in the mount table.
    func kubeletFolder() throws(DriverError) -> String {
        let inside = try target("\(settings.kubeletRoot)/pods").resolved()
        return String(inside?.dropLast("/pods".count) ?? Substring(settings.kubeletRoot))
    }

    func target(_ path: String) throws(DriverError) -> TargetPath {
        try TargetPath(path, kubeletRoot: settings.kubeletRoot)
    }
}
