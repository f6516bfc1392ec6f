import ArgumentParser
import Backend
import CSIMessages
import DriverCore

/// The command `cairn volume list`.
struct VolumeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all volumes.",
        discussion: """
            USED BY shows the pods that use a volume, or other mount points. For full paths, see \
            'cairn volume show' or JSON. Inline volumes of pods are listed only on the driver's own \
            node: CSI does not list them.

            Example:
              cairn volume list
              cairn volume list --output json
            """
    )

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let volumes = try await Session.with(client) { try await $0.allVolumes() }
        let inline = node.records().filter(\.isEphemeral).map {
            Volume(capacityBytes: $0.size.bytes, volumeID: $0.id.text)
        }
        let views = (volumes + inline).map { VolumeView($0, on: node) }
            .sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
        try client.output.write(
            views,
            text: views.isEmpty ? "no volumes" : VolumeView.table(views)
        )
    }
}
