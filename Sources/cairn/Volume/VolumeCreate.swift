import ArgumentParser
import CSIMessages
import DriverCore

/// The command `cairn volume create`.
struct VolumeCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create an empty volume.",
        discussion: """
            Repeating it with the same values is harmless: it shows the volume that exists.

            Example:
              cairn volume create data --size 10Gi
              cairn volume create logs --size 5Gi --tier scratch --filesystem xfs
              cairn volume create disk --size 1Gi --block
            """
    )

    @Argument(help: "The name of the volume.")
    var name: String

    @Option(help: "Its size, such as 10Gi or 512Mi. Default: the driver's choice.")
    var size: ByteCount?

    @Option(help: "The file system: ext4, xfs or btrfs. Default: that of the tier.")
    var filesystem: String?

    @Flag(help: "Create a raw block volume, without a file system.")
    var block = false

    @OptionGroup var new: NewVolumeOptions
    @OptionGroup var client: ClientOptions

    func validate() throws {
        guard !(block && filesystem != nil) else {
            throw ValidationError("--block and --filesystem cannot be combined: remove one")
        }
    }

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let parameters = try new.parameters()
        let volume = try await Session.with(client) { session in
            try await VolumeMaking(session: session, node: node).make(
                .init(
                    name: name,
                    size: size,
                    tier: new.tier,
                    parameters: parameters,
                    access: VolumeCapability(isBlock: block, filesystem: filesystem ?? "")
                )
            )
        }
        try client.output.write(volume, text: volume.text)
    }
}
