import CSIServices
import CSIServing
import DriverCore
import GRPCRuntime
import HTTPServer
import Host
import Logging
import Metrics
import Naming

/// Everything that `cairn standalone` is made of, wired together.
struct StandaloneDriver {
    private let server: Server
    /// nil where it is off.
    private let metrics: PageServer?
    private let health: Health
    private let stack: NodeStack
    private let grace: Duration
    private let logger: Logger

    init(server options: ServerOptions, node: NodeOptions, logger: Logger) throws(DriverError) {
        if let armed = try Failpoint.armedByEnvironment(among: Failpoint.all) {
            logger.warning(
                "failpoints are armed: this is only for tests",
                metadata: ["failpoints": "\(armed)"]
            )
        }
        stack = try NodeStack(node, node.tiers(), logger: logger)
        var router = Router()
        stack.registerIdentity(in: &router)
        stack.registerController(in: &router)
        stack.registerNode(in: &router)

        let calls = CallFigures()
        router.intercept(CallReport(logger: logger, figures: calls).around)
        let driver = DriverFigures(identity: stack.identity, readiness: stack.readiness)
        let page = MetricsPage([driver, calls] + stack.metrics + [ProcessMetrics()])
        health = Health(stack.readiness)
        metrics = try options.metricsServer(page, health, logger)
        server = try options.socketServer(router, logger)
        grace = .seconds(options.shutdownGrace)
        self.logger = logger
        health.serves()
        logger.info(
            "serving",
            metadata: [
                "endpoint": "\(options.endpointText)", "driver": "\(stack.identity.driverName)",
                "node_id": "\(stack.identity.nodeID)", "version": "\(Release.version)",
            ]
        )
    }

    /// Serves until a signal asks to stop.
    ///
    /// The socket answers from the first moment.
    func run() async {
        let signals = StopSignals(
            first: { [server, grace, health, logger] in
                health.stops()
                logger.info("stopping: new calls are refused, running calls may end")
                server.shutdown(grace: grace)
            },
            second: { [logger] in logger.warning("stopping at once") }
        )
        defer { withExtendedLifetime(metrics) {} }
        await stack.run { await server.serve() }
        signals.cancel()
        logger.info("stopped")
    }
}
