import ArgumentParser
import DriverCore
import Host
import Logging

/// The controller of a cluster.
struct ControllerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller",
        abstract:
            "Serve Controller for a whole cluster: route each call to the node that has the data.",
        discussion: """
            The socket is for the Kubernetes sidecars and for this command line. The nodes register \
            at the port of --listen over mutual TLS. Several replicas may run: each knows all nodes.

            Example:
              cairn controller --tls-dir certificates/controller
            """
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var cluster: ClusterOptions

    @Option(help: "The CSI driver name. The nodes must have the same.")
    var driverName: String = NodeOptions.defaultDriverName

    private static let leases = 3...600

    @Flag(help: "Refuse a node whose certificate does not name its node id.")
    var requireNodeNames = false

    @Option(
        help:
            "Seconds without a registration after which a node counts as silent; \(leases.lowerBound) to \(leases.upperBound)."
    )
    var nodeLease: Int = 30

    @Option(
        help: ArgumentHelp(
            "A node that will never return: its volumes may be deleted without it. May be repeated.",
            valueName: "node-id"
        )
    )
    var lostNode: [String] = []

    @Option(
        help: """
            A file of lost nodes, one per line: node id, boot id, time. Read again when it changes.
            """,
        completion: .file()
    )
    var lostNodesFile: String?

    @Option(
        help: ArgumentHelp(
            "Where to serve a web page about the cluster, over plain HTTP. Default: nowhere.",
            valueName: "host:port"
        )
    )
    var pageAddress: String?

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard Self.leases.contains(nodeLease) else {
            throw ValidationError(
                "--node-lease \(nodeLease) is not between \(Self.leases.lowerBound) and \(Self.leases.upperBound)"
            )
        }
    }

    func run() async throws {
        Memory.shareOneArena()
        // Each node holds a connection.
        Descriptors.allowMost()
        let logger = logging.bootstrap()
        do throws(DriverError) {
            try await ControllerDriver(self, logger: logger).run()
        } catch {
            logger.critical("cannot start", metadata: ["error": "\(error.message)"])
            throw ExitCode(1)
        }
    }
}
