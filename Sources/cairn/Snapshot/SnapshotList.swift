import ArgumentParser
import CSIMessages

/// The command `cairn snapshot list`.
struct SnapshotList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the snapshots of all volumes or of one.",
        discussion: """
            Example:
              cairn snapshot list
              cairn snapshot list --volume data --output json
            """
    )

    @Option(help: "List only the snapshots of this volume: name or id.")
    var volume: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let snapshots = try await Session.with(client) { session in
            var source = ""
            if let volume {
                source = try await Finder(session: session, node: node).volume(volume).volumeID
            }
            return try await session.allSnapshots(of: source)
        }
        let views = snapshots.map { SnapshotView($0, on: node) }
            .sorted { ($0.created ?? "", $0.id) < ($1.created ?? "", $1.id) }
        try client.output.write(
            views,
            text: views.isEmpty ? "no snapshots" : SnapshotView.table(views)
        )
    }
}
