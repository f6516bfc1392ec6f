import Backend
import CSIServices
import CSIServing
import Configuration
import DriverCore
import GRPCRuntime
import Glibc
import HTTPServer
import Host
import Logging
import Naming
import NodeStorage
import Telemetry

/// Everything that `cairn standalone` is made of, wired together.
struct StandaloneDriver {
    private let server: Server
    /// nil where nobody has asked for it.
    private let metrics: PageServer?
    private let repairs: Repairs
    private let operations: Operations
    private let readiness = Readiness()
    private let grace: Duration
    private let logger: Logger

    /// Threads that may block in system calls at once.
    ///
    /// Each volume uses one for a moment; the bound is what a host with many hanging disks can
    /// cost.
    private static let blockingThreads = 64
    /// The same for what only reads.
    private static let readingThreads = 16
    /// More than both pools take, so that a pool refuses what hangs and Identity is always
    /// answered: a liveness probe must not fail for a disk.
    private static let mostCalls = 4 * BlockingPool.mostWaiting
    private static let removalInterval = Duration.seconds(30)
    /// After the grace period, for long copies to undo themselves and thaw their sources.
    private static let undoLimit = Duration.seconds(5)

    init(server options: ServerOptions, node: NodeOptions, logger: Logger) throws(DriverError) {
        if let armed = try Failpoint.armedByEnvironment() {
            logger.warning("a test's failpoints are armed", metadata: ["failpoints": "\(armed)"])
        }
        let file = try node.tiers()
        let identity = try NodeIdentity(
            driverName: node.driverName,
            version: Cairn.version,
            nodeID: node.nodeName,
            topology: try node.segments()
        )
        let backends = try TierBackends.make(
            file.tiers,
            stateFolder: node.state.folder,
            logger: logger
        )
        let defaultTier = file.tiers.first(where: \.isDefault)?.name
        let tiers = Tiers(backends, default: defaultTier, logger: logger)
        operations = Operations(
            changes: BlockingPool(threads: Self.blockingThreads),
            readers: BlockingPool(threads: Self.readingThreads)
        )
        let usage = try VolumeUsageBook(folder: node.usageFolder)
        let admission = Self.admission(node, file)
        repairs = Repairs(tiers: tiers, operations: operations, usage: usage, logger: logger)

        var router = Router()
        IdentityService(identity: identity, readiness: readiness, offers: Offer.allCases)
            .register(in: &router)
        LocalController(
            identity: identity,
            tiers: tiers,
            operations: operations,
            usage: usage,
            admission: admission,
            unstagePatience: .seconds(node.unstageWait)
        ).register(in: &router)
        NodeService(
            identity: identity,
            tiers: tiers,
            operations: operations,
            usage: usage,
            admission: admission,
            settings: NodeSettings(kubeletRoot: node.kubeletDir),
            logger: logger
        ).register(in: &router)

        let calls = CallFigures()
        router.intercept(CallReport(logger: logger, figures: calls).around)
        let page = MetricsPage(
            identity: identity,
            readiness: readiness,
            tiers: tiers,
            repairs: repairs,
            operations: operations,
            usage: usage,
            calls: calls
        )
        metrics = try Self.metricsServer(options, page, logger)
        server = try Self.server(options, router)
        grace = .seconds(options.shutdownGrace)
        self.logger = logger
        logger.info(
            "serving",
            metadata: [
                "endpoint": "\(options.endpointText)", "driver": "\(identity.driverName)",
                "node_id": "\(identity.nodeID)", "version": "\(Cairn.version)",
            ]
        )
    }

    /// Serves until a signal asks to stop.
    ///
    /// The socket answers from the first moment; Probe says `ready` once every tier has been
    /// opened.
    func run() async {
        let signals = StopSignals(
            first: { [server, grace, logger] in
                logger.info("stopping: no new calls, running ones may end")
                server.shutdown(grace: grace)
            },
            second: { [logger] in logger.warning("stopping at once") }
        )
        // Cancelled and awaited when this function ends. That is no wait for a disk that hangs:
        // BlockingPool.run gives its caller up when the task is cancelled, and leaves the thread.
        async let _: Void = openTiers()
        async let _: Void = finishRemovals()
        let hangup = AskSignal(SIGHUP) { [repairs, logger] in
            Task { await Self.lookAgain(repairs, logger) }
        }
        defer { hangup.cancel() }
        defer { withExtendedLifetime(metrics) {} }
        await server.serve()
        let left = await operations.stop(within: Self.undoLimit)
        if left > 0 {
            logger.warning(
                "stopping while operations are running; their retries finish or undo them",
                metadata: ["operations": "\(left)"]
            )
        }
        HostCommand.killAll()
        signals.cancel()
        logger.info("stopped")
    }

    private func openTiers() async {
        do throws(DriverError) {
            try await repairs.start()
            readiness.becomeReady()
        } catch {
            logger.error("cannot open the tiers", metadata: ["error": "\(error)"])
        }
    }

    /// For inline volumes whose disk was away when their pods ended: nobody asks for them again.
    private func finishRemovals() async {
        while (try? await Task.sleep(for: Self.removalInterval)) != nil {
            await repairs.finishRemovals()
        }
    }

    /// What SIGHUP asks for.
    private static func lookAgain(_ repairs: Repairs, _ logger: Logger) async {
        do throws(DriverError) {
            try await repairs.lookAgain()
            let figures = repairs.figures
            logger.info(
                "looked at everything again; since the start",
                metadata: [
                    "removed": "\(figures.removed)", "thawed": "\(figures.thawed)",
                    "resumed": "\(figures.resumed)",
                    "detached": "\(figures.detached)", "unexplained": "\(figures.unexplainedText)",
                ]
            )
        } catch {
            logger.warning("cannot look again", metadata: ["reason": "\(error.message)"])
        }
    }

    private static func admission(_ node: NodeOptions, _ file: TiersFile) -> Admission {
        Admission(
            maximumVolumes: node.maxVolumes,
            policies: Dictionary(uniqueKeysWithValues: file.tiers.map { ($0.name, $0.policy) })
        )
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
