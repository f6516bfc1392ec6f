import ArgumentParser

/// The command `cairn volume list`.
struct VolumeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all volumes.",
        discussion: """
            Inline volumes of pods are left out, as CSI asks.

            Example:
              cairn volume list
              cairn volume list --output json
            """
    )

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let volumes = try await Session.with(client) { try await $0.allVolumes() }
            .map { VolumeView($0, on: node) }
            .sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
        try client.output.write(
            volumes,
            text: volumes.isEmpty ? "no volumes" : VolumeView.table(volumes)
        )
    }
}
