import ArgumentParser
import Backend
import CSIMessages
import DriverCore

/// The command `cairn snapshot restore`.
struct SnapshotRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Create a volume from a snapshot.",
        discussion: """
            It always creates a new volume and never overwrites the source. The new volume is in the \
            tier of the snapshot and may be larger.

            Example:
              cairn snapshot restore before-upgrade data-before
              cairn snapshot restore before-upgrade larger --size 20Gi
            """
    )

    @Argument(help: "The snapshot: name or id.")
    var snapshot: String

    @Argument(help: "The name of the new volume.")
    var name: String

    @Option(help: "The size of the volume. Default and minimum: the size of the snapshot.")
    var size: ByteCount?

    @Flag(help: "The source was a raw block volume. Detected automatically on the driver's node.")
    var block = false

    @OptionGroup var new: NewVolumeOptions
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let parameters = try new.parameters()
        let volume = try await Session.with(client) { session in
            let found = try await Finder(session: session, node: node).snapshot(snapshot)
            let record = SnapshotID(parsing: found.snapshotID).flatMap(node.record)
            let isBlock = record.map { $0.filesystem == nil } ?? false
            return try await VolumeMaking(session: session, node: node).make(
                .init(
                    name: name,
                    size: size ?? ByteCount(found.sizeBytes),
                    tier: new.tier ?? record?.tier,
                    parameters: parameters,
                    access: VolumeCapability(isBlock: block || isBlock),
                    source: .init(type: .snapshot(.init(snapshotID: found.snapshotID)))
                )
            )
        }
        try client.output.write(volume, text: volume.text)
    }
}
