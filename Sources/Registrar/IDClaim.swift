package import CSIMessages
import DriverCore
package import GRPCRuntime
import Synchronization

/// Whether this node may use its id, according to the controllers.
///
/// A replica of the controller takes whoever comes first. So of two nodes with one id each may have a
/// replica of its own; then both must stand still, or they would both make the same volume.
package final class IDClaim: Sendable {
    private struct Refusal {
        let reason: String
        let end: ContinuousClock.Instant
    }

    /// Twice as long as a node waits to register again, because a controller that is gone withdraws
    /// no refusal.
    private static let memory = Duration.seconds(120)

    /// The refusals by controllers for which another node holds the id.
    private let refusals = Mutex<[Endpoint: Refusal]>([:])

    package init() {}

    func grant(by controller: Endpoint) {
        refusals.withLock { _ = $0.removeValue(forKey: controller) }
    }

    func refuse(by controller: Endpoint, _ reason: String) {
        let refusal = Refusal(reason: reason, end: .now + Self.memory)
        refusals.withLock { $0[controller] = refusal }
    }

    /// The problems for the controllers that accept the node.
    package var problems: [NodeProblem] {
        current.map { controller, refusal in
            NodeProblem(
                kind: "duplicate_id",
                message: "it refuses this node: \(refusal.reason)",
                subject: "controller \(controller)"
            )
        }
    }

    /// Refuses calls while a controller says that another node holds the id: an interceptor.
    @Sendable package func around(
        _ context: CallContext,
        _ next: () async throws(RPCFailure) -> Void
    ) async throws(RPCFailure) {
        if let (controller, refusal) = current.first {
            throw RPCFailure(
                .unavailable,
                "the controller at \(controller) refuses this node, so the node serves no controller: "
                    + refusal.reason
            )
        }
        try await next()
    }

    private var current: [(key: Endpoint, value: Refusal)] {
        refusals.withLock { refusals in
            refusals = refusals.filter { $0.value.end > .now }
            return refusals.sorted { "\($0.key)" < "\($1.key)" }
        }
    }
}
