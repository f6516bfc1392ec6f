import ArgumentParser

/// The command `cairn volume show`.
struct VolumeShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show all details of a volume.",
        discussion: """
            Example:
              cairn volume show data
              cairn volume show data --output json
            """
    )

    @Argument(help: "The volume: name or id.")
    var volume: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let found = try await Session.with(client) { session in
            VolumeView(try await Finder(session: session, node: node).volume(volume), on: node)
        }
        try client.output.write(found, text: found.text)
    }
}
