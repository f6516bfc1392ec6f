package import CSIMessages
import DriverCore
import GRPCRuntime
import Naming
import TestSupport

/// What is so in the fleet, told by the controllers and by the disks.
extension Fleet {
    /// What `cairn status` shows of a node; nil where the controller does not know it.
    package func view(of node: Cluster, at controller: Cluster) async throws -> RegisteredNode? {
        try await controller.call(ListNodesRequest()).nodes
            .first { $0.registration?.nodeID == node.name }
    }

    package func waitUntil(
        _ controller: Cluster,
        sees node: Cluster,
        as states: RegisteredNode.State...
    ) async throws {
        try await wait(for: "\(states) of \(node.name) at \(controller.name)") {
            guard let view = try await view(of: node, at: controller) else { return false }
            return states.contains(view.state)
        }
    }

    /// Waits until a controller has heard from every node and from all tiers, and lists volumes.
    package func waitUntilComplete(_ controller: Cluster) async throws {
        try await wait(for: "word from all nodes to \(controller.name)") {
            let answer = try await controller.call(ListNodesRequest())
            let ready = answer.nodes.filter { node in
                node.state == .ready && node.registration?.tiers.allSatisfy(\.isAvailable) ?? false
            }
            return !answer.isLearning && ready.count == nodes.count
        }
    }

    /// The nodes whose disks hold a volume of this name, a half-made one too: `n1`, `n2:draft`.
    package func holders(of name: String) -> [String] {
        nodes.flatMap { node in
            let id = NodeIdentity.volumeID(forName: name, onNode: node.name).text
            return node.pools.flatMap { pool in
                Files.objects(in: pool).filter { $0.hasSuffix(id) }.map { object in
                    object == id ? node.name : "\(node.name):draft"
                }
            }
        }
    }

    /// The node that a volume's id names.
    package func node(of volumeID: String) -> Cluster? {
        nodes.first { node in
            volumeID.hasPrefix("v1-\(NodeIdentity.idDigest(ofNode: node.name))-")
        }
    }
}

extension Cluster {
    /// The segment that names this node.
    package var topology: [String: String] { [NodeIdentity.topologyKey: name] }

    /// Where a member of a fleet listens for the others.
    package var listenAddress: String {
        driver.places.role.drop { $0 != "--listen" }.dropFirst().first ?? ""
    }

    /// Its folder of certificates.
    package var certificates: String {
        driver.places.role.drop { $0 != "--tls-dir" }.dropFirst().first ?? ""
    }
}
