import CSIMessages
import DriverCore
import GRPCRuntime

/// The errors for nodes that cannot register or cannot be reached.
extension NodeRegistry {
    static func absence(of id: String, _ state: RegisteredNode.State) -> DriverError {
        guard state != .leaving else {
            return DriverError(
                .unavailable,
                "the driver of node '\(id)' was stopped; retry when it runs again"
            )
        }
        return DriverError(
            .unavailable,
            "node '\(id)' does not answer; start its driver, or declare the node lost "
                + "(cairn controller --lost-node) if it will never return"
        )
    }

    /// Throws `unavailable` while relevant nodes may be missing.
    func requireSettled() throws(DriverError) {
        guard !isSettled else { return }
        throw DriverError(
            .unavailable,
            "this controller has just started and may not know all nodes yet; retry"
        )
    }

    func absence(ofDigest digest: String) -> DriverError {
        DriverError(
            .unavailable,
            isSettled
                ? "no node with the id digest \(digest) has registered; start the driver of that "
                    + "node, or declare the node lost (cairn controller --lost-node)"
                : "the node with the id digest \(digest) has not registered yet: this controller "
                    + "has just started; retry"
        )
    }

    static func unnamed(_ id: String) -> DriverError {
        DriverError(
            .conflict,
            "node id '\(id)' is taken by a node whose certificate names it; register with that "
                + "certificate"
        )
    }

    static func tooMany(_ id: String) -> DriverError {
        DriverError(
            .unavailable,
            "node '\(id)' cannot register: too many nodes have registered; restart the controller "
                + "to forget those that are gone"
        )
    }

    static func duplicate(
        _ id: String,
        heldBy address: String,
        _ endpoint: Endpoint,
        _ lease: Duration
    ) -> DriverError {
        DriverError(
            .conflict,
            "node id '\(id)' is taken by a node that answers at \(endpoint) (registered from "
                + "\(address)); give each node its own id, or wait "
                + "\(lease.components.seconds) s after that node has stopped"
        )
    }

    static func collision(_ id: String, with other: String) -> DriverError {
        DriverError(
            .conflict,
            "node ids '\(id)' and '\(other)' have the same digest; rename one of the nodes"
        )
    }
}
