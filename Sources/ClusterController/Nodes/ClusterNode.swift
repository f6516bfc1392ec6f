package import CSIMessages
import DriverCore
package import GRPCRuntime

/// A node as it last registered, checked.
package struct ClusterNode: Sendable, Equatable {
    package let registration: RegisterRequest
    /// Where its Controller service answers.
    package let endpoint: Endpoint
    /// The first 16 hex digits of SHA-256(node id), as in the ids of its volumes.
    package let digest: String
    /// Whether the node's certificate names it.
    package let isNamed: Bool

    package var id: String { registration.nodeID }

    /// The age of the registration's figures when it was sent.
    var surveyAge: Duration { .milliseconds(registration.surveyMilliseconds) }

    /// The tier of a StorageClass: the named one, or the default where it names none.
    func tier(named name: String?) -> NodeTier? {
        guard let name else { return registration.tiers.first(where: \.isDefault) }
        return registration.tiers.first { $0.name.hasSameBytes(as: name) }
    }

    /// Whether every segment of a topology is one of this node's.
    func satisfies(_ topology: Topology) -> Bool {
        topology.segments.allSatisfy {
            registration.segments[$0.key]?.hasSameBytes(as: $0.value) ?? false
        }
    }
}
