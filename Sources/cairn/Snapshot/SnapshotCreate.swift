import ArgumentParser
import CSIMessages

/// The command `cairn snapshot create`.
struct SnapshotCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Take a snapshot of a volume, mounted or not.",
        discussion: """
            Repeating it is harmless: it shows the snapshot that exists, and changes nothing.

            Example:
              cairn snapshot create data before-upgrade
            """
    )

    @Argument(help: "The volume: name or id.")
    var volume: String

    @Argument(help: "The snapshot's name.")
    var name: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let snapshot = try await Session.with(client) { session in
            let what = "create snapshot '\(name)' of volume '\(volume)'"
            let source = try await Finder(session: session, node: node, purpose: what)
                .volume(volume)
            let answer = try await session.perform(
                CreateSnapshotRequest(sourceVolumeID: source.volumeID, name: name),
                to: what
            )
            guard let snapshot = answer.snapshot else {
                throw CommandFailure(
                    .failed,
                    "the driver's response for snapshot '\(name)' has no snapshot: see its log"
                )
            }
            return SnapshotView(snapshot, on: node)
        }
        try client.output.write(snapshot, text: snapshot.text)
    }
}
