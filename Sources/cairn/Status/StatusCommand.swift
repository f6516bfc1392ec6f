import ArgumentParser
import CSIMessages

/// The command `cairn status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the nodes of a cluster, their tiers and their problems.",
        discussion: """
            Asks a controller at its socket. A node is ready while it registers in time, late after \
            a missed registration, silent once its lease has ended, leaving after an orderly stop, \
            and lost where an administrator declared it.

            Example:
              cairn status
              cairn status --endpoint unix:///run/cairn/controller.sock --output json
            """
    )

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let answer = try await Session.with(client) { session in
            try await session.read(ListNodesRequest(), to: "ask the controller for its nodes")
        }
        let view = ClusterView(answer)
        try client.output.write(view, text: view.text)
    }
}
