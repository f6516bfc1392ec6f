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

            While a tier is unavailable, the command lists the volumes of the other tiers, says which \
            tier is unavailable, and exits with 6. It can do so only where it can read the pools.

            Example:
              cairn volume list
              cairn volume list --output json
            """
    )

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        try await Session.with(client) { session in
            do {
                let volumes = try await session.allVolumes()
                try write(volumes + readable(on: node, where: \.isEphemeral), node)
            } catch let failure as CommandFailure where failure.status == .unavailable {
                // CSI wants all volumes or none. People who replace a disk need those that are left.
                let left = readable(on: node) { _ in true }
                if !left.isEmpty { try write(left, node) }
                throw failure
            }
        }
    }

    private func readable(on node: LocalNode, where isWanted: (VolumeRecord) -> Bool) -> [Volume] {
        node.records().filter(isWanted).map {
            Volume(capacityBytes: $0.size.bytes, volumeID: $0.id.text)
        }
    }

    private func write(_ volumes: [Volume], _ node: LocalNode) throws {
        let views = volumes.map { VolumeView($0, on: node) }
            .sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
        try client.output.write(
            views,
            text: views.isEmpty ? "no volumes" : VolumeView.table(views)
        )
    }
}
