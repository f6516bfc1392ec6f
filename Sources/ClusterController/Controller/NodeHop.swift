import CSIClient
import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime

/// Forwards calls to nodes: the same message, the caller's deadline, the caller's cancellation.
package struct NodeHop: Sendable {
    /// For callers without a deadline; longer than any sidecar's.
    private static let longest = Duration.seconds(600)

    let channels: NodeChannels
    private let figures: HopFigures

    package init(channels: NodeChannels, figures: HopFigures = HopFigures()) {
        self.channels = channels
        self.figures = figures
    }

    /// The node's answer, or its error with the node's name in front.
    ///
    /// A failure of the way to the node says nothing about what the node did: it is `unavailable`,
    /// `timedOut` or `cancelled`, which no sidecar takes for final.
    func call<Request: CSIRequest>(
        _ request: Request,
        to node: ClusterNode,
        _ context: CallContext,
        atMost limit: Duration = longest,
        claim: NameClaim? = nil
    ) async throws(DriverError) -> Request.Response {
        let headers = claim.map { [(name: NameClaim.header, value: $0.text)] } ?? []
        let left = context.deadline.map { $0 - .now } ?? limit
        let began = ContinuousClock.now
        do throws(RPCFailure) {
            let answer = try await channels.withClient(of: node) {
                (client) async throws(RPCFailure) in
                try await client.call(request, timeout: min(left, limit), headers: headers)
            }
            figures.add(Request.method, "OK", .now - began)
            return answer
        } catch {
            figures.add(Request.method, error.code.name, .now - began)
            throw Self.error(error, of: node)
        }
    }

    private static func error(_ failure: RPCFailure, of node: ClusterNode) -> DriverError {
        DriverError(failure).adding(context: "node '\(node.id)'")
    }
}
