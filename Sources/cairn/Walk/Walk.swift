import ArgumentParser
import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime

/// The life of a volume, through the socket of any CSI driver, each step checked.
struct Walk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a volume through its whole life over a CSI socket, and check each step.",
        discussion: """
            Creates a volume, mounts it, writes to it, takes a snapshot, restores and clones it, \
            grows it online, and removes everything at the end. Run it as root on the driver's node.

            Example:
              cairn walk --endpoint unix:///run/cairn/csi.sock --directory /tmp/walk
            """
    )

    @Option(help: "The socket of the driver.")
    var endpoint: String = ServerOptions.defaultEndpoint

    @Option(help: "An existing directory for the mount points.")
    var directory: String

    @Option(help: "The tier. Default: the driver's default tier.")
    var tier: String?

    @Option(help: "The file system: ext4, xfs or btrfs. Default: that of the tier.")
    var filesystem: String?

    func run() async throws {
        do {
            let channel = try Channel(to: try Endpoint(parsing: endpoint))
            let walk = Walkthrough(
                volumes: VolumeClient(
                    client: CSIClient(channel: channel),
                    tier: tier,
                    filesystem: filesystem ?? "",
                    directory: directory
                )
            )
            try await walk.run()
            await channel.close()
        } catch let failure as RPCFailure {
            Console.write("FAILED: \(failure.code.name): \(failure.message)")
            throw ExitCode(1)
        } catch let failure as WalkFailure {
            Console.write("FAILED: \(failure.message)")
            throw ExitCode(1)
        }
    }
}

/// A step with a wrong result.
struct WalkFailure: Error {
    let message: String
}
