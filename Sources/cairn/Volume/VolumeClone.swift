import ArgumentParser
import Backend
import CSIMessages
import DriverCore

/// The command `cairn volume clone`.
struct VolumeClone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone",
        abstract: "Create a copy of a volume.",
        discussion: """
            The source may be mounted: its file system is frozen for a moment. The copy is \
            independent, is in the tier of the source, and may be larger. If this command is \
            interrupted, the driver continues a long copy: repeat the command to wait for it.

            Example:
              cairn volume clone data copy
              cairn volume clone data larger --size 20Gi
            """
    )

    @Argument(help: "The volume to copy: name or id.")
    var source: String

    @Argument(help: "The name of the copy.")
    var name: String

    @Option(help: "The size of the copy. Default and minimum: the size of the source.")
    var size: ByteCount?

    @Flag(help: "The source is a raw block volume. Detected automatically on the driver's node.")
    var block = false

    @OptionGroup var new: NewVolumeOptions
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let parameters = try new.parameters()
        let volume = try await Session.with(client) { session in
            let found = try await Finder(session: session, node: node).volume(source)
            let record = VolumeID(parsing: found.volumeID).flatMap(node.record)
            let isBlock = record?.capabilities.allSatisfy(\.isBlock) ?? false
            return try await VolumeMaking(session: session, node: node).make(
                .init(
                    name: name,
                    size: size ?? ByteCount(found.capacityBytes),
                    tier: new.tier ?? record?.tier,
                    parameters: parameters,
                    access: VolumeCapability(isBlock: block || isBlock),
                    source: .init(type: .volume(.init(volumeID: found.volumeID)))
                )
            )
        }
        try client.output.write(volume, text: volume.text)
    }
}
