import ArgumentParser
import CSIMessages

/// The command `cairn snapshot delete`.
struct SnapshotDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete snapshots.",
        discussion: """
            The source volume and the volumes restored from the snapshots stay.

            Example:
              cairn snapshot delete before-upgrade
            """
    )

    @Argument(help: "The snapshots: names or ids.")
    var snapshots: [String]

    @Flag(help: "Succeed if a snapshot does not exist.")
    var ifExists = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        try await Session.with(client) { session in
            try await Deletion(kind: "snapshot", ifExists: ifExists, output: client.output)
                .run(snapshots) { name in
                    let what = "delete snapshot '\(name)'"
                    let id = try await Finder(session: session, node: node, purpose: what)
                        .deletedSnapshot(name)
                    _ = try await session.perform(DeleteSnapshotRequest(snapshotID: id), to: what)
                    return id
                }
        }
    }
}
