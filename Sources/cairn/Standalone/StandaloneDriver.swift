import Backend
import CSIServices
import Configuration
import DriverCore
import GRPCRuntime
import Glibc
import Host
import Logging

/// Everything that `cairn standalone` is made of, wired together.
struct StandaloneDriver {
    private let server: Server
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
        let backends = try TierBackends.make(file.tiers, logger: logger)
        let defaultTier = file.tiers.first(where: \.isDefault)?.name
        let tiers = Tiers(backends, default: defaultTier, logger: logger)
        operations = Operations(
            changes: BlockingPool(threads: Self.blockingThreads),
            readers: BlockingPool(threads: Self.readingThreads)
        )
        let usage = try VolumeUsageBook(folder: node.usageDir)
        repairs = Repairs(tiers: tiers, operations: operations, usage: usage, logger: logger)

        var router = Router()
        IdentityService(identity: identity, readiness: readiness)
            .register(in: &router, logger: logger)
        LocalController(identity: identity, tiers: tiers, operations: operations, usage: usage)
            .register(in: &router, logger: logger)
        NodeService(
            identity: identity,
            tiers: tiers,
            operations: operations,
            usage: usage,
            settings: NodeSettings(
                kubeletRoot: node.kubeletDir,
                maximumVolumes: node.maxVolumes
            ),
            logger: logger
        ).register(in: &router, logger: logger)

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
        // Cancelled, not waited for, at the end: a disk that hangs must not keep the process.
        async let _: Void = openTiers()
        let hangup = AskSignal(SIGHUP) { [repairs, logger] in
            Task { await Self.lookAgain(repairs, logger) }
        }
        defer { hangup.cancel() }
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

    /// What SIGHUP asks for.
    private static func lookAgain(_ repairs: Repairs, _ logger: Logger) async {
        do throws(DriverError) {
            try await repairs.lookAgain()
            let figures = repairs.figures
            logger.info(
                "looked at everything again; since the start",
                metadata: [
                    "removed": "\(figures.removed)", "thawed": "\(figures.thawed)",
                    "detached": "\(figures.detached)", "unexplained": "\(figures.unexplainedText)",
                ]
            )
        } catch {
            logger.warning("cannot look again", metadata: ["reason": "\(error.message)"])
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
