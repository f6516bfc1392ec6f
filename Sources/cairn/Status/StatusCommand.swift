import ArgumentParser
import CSIMessages
import GRPCRuntime

/// The command `cairn status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the nodes of a cluster, their tiers and their problems.",
        discussion: """
            Asks a controller over its socket. A node is 'ready' while it registers in time, 'late' \
            after a missed registration, and 'silent' when its lease has ended. It is 'leaving' after \
            an orderly stop, and 'lost' when an administrator has declared it lost.

            Example:
              cairn status
              cairn status --endpoint unix:///run/cairn/controller.sock --output json
            """
    )

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let answer = try await Session.with(client) { session in
            do throws(RPCFailure) {
                return try await session.readOrCode(ListNodesRequest())
            } catch {
                guard error.code == .unimplemented else {
                    throw CommandFailure(error, during: "ask the controller for its nodes")
                }
                throw CommandFailure(
                    .failed,
                    "the driver at \(session.options.endpoint) is no controller: use 'cairn tier list' "
                        + "or 'cairn doctor', or name a controller's socket with --endpoint"
                )
            }
        }
        let view = ClusterView(answer)
        try client.output.write(view, text: view.text)
    }
}
