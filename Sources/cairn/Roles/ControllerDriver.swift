import CSIServing
import ClusterController
import DriverCore
import GRPCRuntime
import HTTPServer
import Host
import Logging
import Metrics
import Naming

/// Everything that `cairn controller` is made of, wired together.
struct ControllerDriver {
    /// Identity and Controller, for the sidecars, and the list of nodes for `cairn status`.
    private let socket: Server
    /// Where nodes register.
    private let port: Server
    private let metrics: PageServer?
    /// For people; nil where nobody asked for it.
    private let page: PageServer?
    private let health: Health
    private let channels: NodeChannels
    private let lostNodes: LostNodes
    private let lostNodesFile: LostNodesFile
    private let lostEntries: [LostNodes.Entry]
    private let grace: Duration
    private let logger: Logger

    private static let idleInterval = Duration.seconds(60)

    init(_ command: ControllerCommand, logger: Logger) throws(DriverError) {
        let file = LostNodesFile(
            path: command.lostNodesFile,
            named: command.lostNode,
            logger: logger
        )
        let lostEntries = try file.entries()
        let lostNodes = LostNodes(lostEntries)
        let registry = NodeRegistry(lease: .seconds(command.nodeLease), lostNodes: lostNodes)
        let channels = NodeChannels(tls: command.cluster.tls)
        command.cluster.logHandshakes(logger)
        let calls = CallFigures()
        let hops = HopFigures()
        let report = CallReport(logger: logger, figures: calls)
        // Ready from the first moment: a call for a node that is not known yet says so itself.
        let readiness = Readiness()
        readiness.becomeReady()
        let identity = try NodeIdentity(
            driverName: command.driverName,
            version: Cairn.version,
            nodeID: "controller",
            topology: [:]
        )
        let policy = PeerPolicy.ofControllers(requiringNodeNames: command.requireNodeNames)
        let nodes = RegistryService(
            registry: registry,
            policy: policy,
            driverName: command.driverName,
            version: Cairn.version,
            now: { WallClock.now() },
            logger: logger
        )
        var local = Router()
        IdentityService(identity: identity, readiness: readiness, offers: Offer.allCases)
            .register(in: &local)
        ClusterController(
            registry: registry,
            lostNodes: lostNodes,
            hop: NodeHop(channels: channels, figures: hops),
            logger: logger
        ).register(in: &local)
        nodes.registerStatus(in: &local)
        local.intercept(report.around)
        var remote = Router()
        nodes.register(in: &remote)
        remote.intercept(report.around)
        remote.intercept(policy.around)

        let driver = DriverFigures(identity: identity, readiness: readiness)
        let page = MetricsPage([driver, calls, hops, registry, lostNodes, ProcessMetrics()])
        health = Health(readiness)
        metrics = try command.server.metricsServer(page, health, logger)
        self.page = try command.pageServer(of: nodes, logger)
        port = try command.cluster.server(remote)
        socket = try command.server.socketServer(local)
        grace = .seconds(command.server.shutdownGrace)
        self.channels = channels
        self.lostNodes = lostNodes
        lostNodesFile = file
        self.lostEntries = lostEntries
        self.logger = logger
        health.serves()
        logger.info(
            "serving",
            metadata: [
                "endpoint": "\(command.server.endpointText)", "listen": "\(command.cluster.listen)",
                "driver": "\(command.driverName)", "version": "\(Cairn.version)",
            ]
        )
    }

    /// Serves until a signal asks to stop.
    func run() async {
        let signals = StopSignals(
            first: { [socket, port, grace, health, logger] in
                health.stops()
                logger.info("stopping: no new calls, running ones may end")
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
            group.addTask { [channels] in
                while (try? await Task.sleep(for: Self.idleInterval)) != nil {
                    await channels.closeIdle()
                }
            }
            async let remote: Void = port.serve()
            await socket.serve()
            await remote
            group.cancelAll()
        }
        await channels.closeAll()
        signals.cancel()
        logger.info("stopped")
    }
}

extension ControllerCommand {
    /// The server of the page for people, which shows what `cairn status` does.
    fileprivate func pageServer(of nodes: RegistryService, _ logger: Logger) throws(DriverError)
        -> PageServer?
    {
        try ServerOptions.pageServer(at: pageAddress, of: "--page-address", "the page", logger) {
            path in
            path == "/" ? StatusPage(cluster: ClusterView(nodes.nodes)).page : nil
        }
    }
}
