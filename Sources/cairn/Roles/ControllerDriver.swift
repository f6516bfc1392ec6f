import ClusterController
import DriverCore
import GRPCRuntime
import HTTPServer
import Host
import Logging

/// Everything that `cairn controller` is made of, wired together.
struct ControllerDriver {
    /// Identity and Controller, for the sidecars, and the list of nodes for `cairn status`.
    private let socket: Server
    /// Where nodes register.
    private let port: Server
    private let metrics: PageServer?
    /// The status page; nil where it is off.
    private let page: PageServer?
    private let health: Health
    private let stack: ControllerStack
    private let lostNodes: LostNodes
    private let lostNodesFile: LostNodesFile
    private let lostEntries: [LostNodes.Entry]
    private let grace: Duration
    private let logger: Logger

    /// How often connections and memory that nothing uses are given back.
    private static let idleInterval = Duration.seconds(30)
    /// With that many descriptors open, new connections of nodes are closed; the nodes retry a
    /// little later.
    ///
    /// The nodes that keep their connection, the connections to nodes, and some hundred that come and
    /// go: more of them at once would only wait for the processor, each with its memory.
    private static let mostDescriptors = Int32(
        RegistryService.mostConnections + NodeChannels.mostKept + 256
    )

    init(_ command: ControllerCommand, logger: Logger) throws(DriverError) {
        lostNodesFile = LostNodesFile(
            path: command.lostNodesFile,
            named: command.lostNode,
            logger: logger
        )
        lostEntries = try lostNodesFile.entries()
        lostNodes = LostNodes(lostEntries)
        stack = try ControllerStack(command, lostNodes, logger: logger)
        command.cluster.logHandshakes(logger)
        health = Health(stack.readiness)
        metrics = try command.server.metricsServer(stack.metrics, health, logger)
        page = try command.pageServer(of: stack.nodes, logger)
        port = try command.cluster.server(
            stack.remoteRouter(),
            mostDescriptors: Self.mostDescriptors
        )
        socket = try command.server.socketServer(stack.localRouter(), logger)
        grace = .seconds(command.server.shutdownGrace)
        self.logger = logger
        health.serves()
        logger.info(
            "serving",
            metadata: [
                "endpoint": "\(command.server.endpointText)", "listen": "\(command.cluster.listen)",
                "driver": "\(command.driverName)", "version": "\(Release.version)",
            ]
        )
    }

    /// Serves until a signal asks to stop.
    func run() async {
        let signals = StopSignals(
            first: { [socket, port, grace, health, logger] in
                health.stops()
                logger.info("stopping: new calls are refused, running calls may end")
                socket.shutdown(grace: grace)
                port.shutdown(grace: .zero)
            },
            second: { [logger] in logger.warning("stopping at once") }
        )
        defer { withExtendedLifetime((metrics, page)) {} }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [lostNodesFile, lostNodes, lostEntries] in
                await lostNodesFile.watch(lostNodes, known: lostEntries)
            }
            group.addTask { [stack] in
                while (try? await Task.sleep(for: Self.idleInterval)) != nil {
                    await stack.channels.closeIdle()
                    Memory.giveBack()
                }
            }
            async let remote: Void = port.serve()
            await socket.serve()
            await remote
            group.cancelAll()
        }
        await stack.channels.closeAll()
        signals.cancel()
        logger.info("stopped")
    }
}

extension ControllerCommand {
    /// The server of the page for people, which shows what `cairn status` does.
    fileprivate func pageServer(of nodes: RegistryService, _ logger: Logger) throws(DriverError)
        -> PageServer?
    {
        try ServerOptions.pageServer(
            at: pageAddress,
            of: "--page-address",
            "the status page",
            logger
        ) {
            path in
            path == "/" ? StatusPage(cluster: ClusterView(nodes.nodes)).page : nil
        }
    }
}
