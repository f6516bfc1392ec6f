import ArgumentParser
import CSIMessages

/// The command `cairn volume delete`.
struct VolumeDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete volumes and all their data.",
        discussion: """
            A volume that is mounted or staged is refused. Its snapshots and clones stay.

            Example:
              cairn volume delete data
              cairn volume delete --if-exists data copy
            """
    )

    @Argument(help: "The volumes: names or ids.")
    var volumes: [String]

    @Flag(help: "Succeed if a volume does not exist.")
    var ifExists = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        try await Session.with(client) { session in
            try await Deletion(kind: "volume", ifExists: ifExists, output: client.output)
                .run(volumes) { name in
                    let what = "delete volume '\(name)'"
                    let id = try await Finder(session: session, node: node, purpose: what)
                        .deletedVolume(name)
                    _ = try await session.perform(DeleteVolumeRequest(volumeID: id), to: what)
                    return id
                }
        }
    }
}

/// Deletes several objects: each is tried, and the first failure decides how the command ends.
struct Deletion {
    /// `volume` or `snapshot`.
    let kind: String
    let ifExists: Bool
    let output: OutputFormat

    private struct Deleted: Encodable {
        let asked: String
        /// nil where nothing was there.
        let id: String?
    }

    func run(_ names: [String], _ delete: (String) async throws -> String) async throws {
        var deleted: [Deleted] = []
        var failure: CommandFailure?
        for name in names {
            do {
                deleted.append(Deleted(asked: name, id: try await delete(name)))
            } catch let error as CommandFailure {
                if error.status == .notFound, ifExists {
                    deleted.append(Deleted(asked: name, id: nil))
                } else if failure == nil {
                    failure = error
                } else {
                    Console.fail(error.message)
                }
            }
        }
        let lines = deleted.map {
            "\(kind) '\($0.asked)' " + ($0.id == nil ? "did not exist" : "deleted")
        }
        if !deleted.isEmpty || output == .json {
            try output.write(deleted, text: lines.joined(separator: "\n"))
        }
        if let failure { throw failure }
    }
}
