import CSIMessages
import DriverCore
import Naming

/// Topologies in their order, with an index of those that name a node.
///
/// A request may list thousands of them, one for each node of the cluster.
struct TopologyIndex: Sendable {
    private typealias Numbered = (number: Int, topology: Topology)

    /// How many there are.
    let count: Int
    private var ofNodes: [ByteKey: [Numbered]] = [:]
    /// Those that name no node.
    private var others: [Numbered] = []

    init(_ topologies: [Topology]) {
        count = topologies.count
        for (number, topology) in topologies.enumerated() {
            if let id = topology.segments[NodeIdentity.topologyKey] {
                ofNodes[ByteKey(id), default: []].append((number, topology))
            } else {
                others.append((number, topology))
            }
        }
    }

    /// The number of the first topology that the node satisfies.
    func first(of node: ClusterNode) -> Int? {
        let own = ofNodes[ByteKey(node.id)] ?? []
        let found = [own, others].compactMap { list in
            list.first { node.satisfies($0.topology) }?.number
        }
        return found.min()
    }
}
