import CSIServing
import DriverCore
package import Logging

/// The Controller service of a cluster.
///
/// It has no storage, and sends each call to the node with the object.
///
/// Any replica can serve any call: everything that decides is in the ids, on the nodes, or in what
/// the nodes tell every replica.
package struct ClusterController: ControllerService {
    let registry: NodeRegistry
    let lostNodes: LostNodes
    let hop: NodeHop
    let placement: any PlacementPolicy
    /// How long one of several nodes may take to answer.
    let patience: Duration
    let logger: Logger
    /// One create of a name at a time in this replica.
    let names = KeyedOperations()

    package init(
        registry: NodeRegistry,
        lostNodes: LostNodes,
        hop: NodeHop,
        placement: any PlacementPolicy = LocalPlacement(),
        patience: Duration = .seconds(5),
        logger: Logger
    ) {
        self.registry = registry
        self.lostNodes = lostNodes
        self.hop = hop
        self.placement = placement
        self.patience = patience
        self.logger = logger
    }

    /// The node of a volume's id; any live node for an id that names none, which then answers the
    /// error.
    func node(ofVolume id: String) throws(DriverError) -> ClusterNode {
        guard let id = VolumeID(parsing: id) else { return try anyNode() }
        return try registry.living(digest: id.nodeDigest)
    }

    /// The node of a snapshot's id.
    func node(ofSnapshot id: String) throws(DriverError) -> ClusterNode {
        guard let id = SnapshotID(parsing: id) else { return try anyNode() }
        return try registry.living(digest: id.nodeDigest)
    }

    /// Any live node, to answer a request that names no node with the right error.
    func anyNode() throws(DriverError) -> ClusterNode {
        if let node = registry.anyLiving { return node }
        throw DriverError(
            .unavailable,
            "no node has registered; start 'cairn node' on the nodes and check that they can reach "
                + "the controller"
        )
    }
}
