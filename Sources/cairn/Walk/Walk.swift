import ArgumentParser
import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime

/// The life of a volume, through the socket of any CSI driver, each step checked.
struct Walk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Walk a volume through its whole life over a CSI socket, and check each step.",
        discussion: """
            Makes a volume, mounts it, writes to it, cuts a snapshot, restores and clones it, grows \
            it online and removes everything again. Needs root, on the driver's own node.

            Example:
              cairn walk --endpoint unix:///run/cairn/csi.sock --directory /tmp/walk
            """
    )

    @Option(help: "The driver's socket.")
    var endpoint: String = ServerOptions.defaultEndpoint

    @Option(help: "An existing folder for the mount points.")
    var directory: String

    @Option(help: "The tier. Default: the driver's default tier.")
    var tier: String?

    @Option(help: "The file system: ext4, xfs or btrfs. Default: the tier's.")
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

/// A step whose outcome is not what it must be.
struct WalkFailure: Error {
    let message: String
}
