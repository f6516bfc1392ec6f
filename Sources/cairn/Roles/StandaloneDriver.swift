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
    /// nil where nobody has asked for it.
    private let metrics: PageServer?
    private let stack: NodeStack
    private let grace: Duration
    private let logger: Logger

    /// More than both pools take, so that a pool refuses what hangs and Identity is always
    /// answered: a liveness probe must not fail for a disk.
    private static let mostCalls = 4 * BlockingPool.mostWaiting

    init(server options: ServerOptions, node: NodeOptions, logger: Logger) throws(DriverError) {
        if let armed = try Failpoint.armedByEnvironment() {
            logger.warning("a test's failpoints are armed", metadata: ["failpoints": "\(armed)"])
        }
        stack = try NodeStack(node, logger: logger)
        var router = Router()
        stack.registerIdentity(in: &router)
        stack.registerController(in: &router)
        stack.registerNode(in: &router)

        let calls = CallFigures()
        router.intercept(CallReport(logger: logger, figures: calls).around)
        let driver = DriverFigures(identity: stack.identity, readiness: stack.readiness)
        let page = MetricsPage([driver, calls] + stack.metrics + [ProcessMetrics()])
        metrics = try Self.metricsServer(options, page, logger)
        server = try Self.server(options, router)
        grace = .seconds(options.shutdownGrace)
        self.logger = logger
        logger.info(
            "serving",
            metadata: [
                "endpoint": "\(options.endpointText)", "driver": "\(stack.identity.driverName)",
                "node_id": "\(stack.identity.nodeID)", "version": "\(Cairn.version)",
            ]
        )
    }

    /// Serves until a signal asks to stop.
    ///
    /// The socket answers from the first moment.
    func run() async {
        let signals = StopSignals(
            first: { [server, grace, logger] in
                logger.info("stopping: no new calls, running ones may end")
                server.shutdown(grace: grace)
            },
            second: { [logger] in logger.warning("stopping at once") }
        )
        defer { withExtendedLifetime(metrics) {} }
        await stack.run { await server.serve() }
        signals.cancel()
        logger.info("stopped")
    }

    /// An address that is taken is told and stops nothing: pods must get their volumes.
    private static func metricsServer(
        _ options: ServerOptions,
        _ page: MetricsPage,
        _ logger: Logger
    ) throws(DriverError) -> PageServer? {
        guard let address = options.metricsAddress else { return nil }
        guard case .tcp(let host, let port) = try Endpoint(parsing: address) else {
            throw DriverError(.invalidRequest, "--metrics-address '\(address)' is not host:port")
        }
        do throws(DriverError) {
            let server = try PageServer(host: host, port: port) { path in
                guard path == "/metrics" else { return nil }
                return Page(contentType: MetricsText.contentType, text: page.text().text)
            }
            let endpoint = Endpoint.tcp(host: host, port: server.port)
            logger.info("serving metrics", metadata: ["address": "\(endpoint)"])
            return server
        } catch {
            logger.error("serving no metrics", metadata: ["error": "\(error.message)"])
            return nil
        }
    }

    private static func server(_ options: ServerOptions, _ router: Router) throws(DriverError)
        -> Server
    {
        var configuration = ServerConfiguration(
            endpoints: [try Endpoint(parsing: options.endpointText)])
        configuration.socketMode = UInt32(options.socketMode, radix: 8) ?? 0o660
        configuration.maximumConcurrentCalls = mostCalls
        configuration.socketGroup = options.socketGroup
        return try Server(configuration, router: router)
    }
}
