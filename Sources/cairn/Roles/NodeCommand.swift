import ArgumentParser
import DriverCore
import Host
import Logging

/// The driver of one node of a cluster.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Serve one node of a cluster: Node for kubelet, Controller for the controllers.",
        discussion: """
            The socket is for kubelet. The controllers call the port of --listen over mutual TLS, \
            only for the storage of this node. The node registers with every address of \
            --controller. Pods get their existing volumes even if no controller answers.

            Example:
              cairn node --controller cairn-controller:9810 --config tiers.yaml
            """
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var cluster: ClusterOptions

    @Option(
        help: ArgumentHelp(
            "The address of a controller, or a name that resolves to all. May be repeated.",
            valueName: "host:port"
        )
    )
    var controller: [String]

    @OptionGroup var node: NodeOptions
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard !controller.isEmpty else {
            throw ValidationError("--controller is missing: give the address of the controllers")
        }
    }

    func run() async throws {
        Memory.shareOneArena()
        let logger = logging.bootstrap()
        do throws(DriverError) {
            try await NodeDriver(self, logger: logger).run()
        } catch {
            logger.critical("cannot start", metadata: ["error": "\(error.message)"])
            throw ExitCode(1)
        }
    }
}
