import CSIMessages
import CSIServices
import CSIServing
import Configuration
import DriverCore
import GRPCRuntime
import HTTPServer
import Host
import Logging
import Metrics
import Naming
import Registrar

/// Everything that `cairn node` is made of, wired together.
struct NodeDriver {
    /// Identity and Node, for kubelet; the questions of Controller, for commands on the node.
    private let socket: Server
    /// Identity and Controller for this node's storage, for the controllers.
    private let port: Server
    private let registrar: Registrar
    private let metrics: PageServer?
    private let health: Health
    private let stack: NodeStack
    private let grace: Duration
    private let logger: Logger

    init(_ command: NodeCommand, logger: Logger) throws(DriverError) {
        if let armed = try Failpoint.armedByEnvironment(among: Failpoint.all) {
            logger.warning(
                "failpoints are armed: this is only for tests",
                metadata: ["failpoints": "\(armed)"]
            )
        }
        let file = try command.node.tiers()
        let stack = try NodeStack(command.node, file, logger: logger)
        command.cluster.logHandshakes(logger)
        let calls = CallFigures()
        let report = CallReport(logger: logger, figures: calls)

        var local = Router()
        stack.registerIdentity(in: &local)
        stack.registerNode(in: &local)
        stack.registerController(in: &local)
        local.intercept(report.around)
        local.intercept(NodeQuestions.around)
        var remote = Router()
        stack.registerIdentity(in: &remote)
        stack.registerController(in: &remote)
        remote.intercept(report.around)
        remote.intercept(PeerPolicy.ofNodes.around)
        let claim = IDClaim()
        remote.intercept(claim.around)

        let driver = DriverFigures(identity: stack.identity, readiness: stack.readiness)
        port = try command.cluster.server(remote)
        registrar = try Self.registrar(command, stack, file.kinds, port, claim, logger)
        let page = MetricsPage([driver, calls] + stack.metrics + [registrar, ProcessMetrics()])
        health = Health(stack.readiness)
        metrics = try command.server.metricsServer(page, health, logger)
        socket = try command.server.socketServer(local, logger)
        grace = .seconds(command.server.shutdownGrace)
        self.stack = stack
        self.logger = logger
        health.serves()
        logStart(of: command)
    }

    /// Serves until a signal asks to stop; then tells the controllers that the node stops.
    func run() async {
        let signals = StopSignals(
            first: { [socket, port, grace, health, logger] in
                health.stops()
                logger.info("stopping: new calls are refused, running calls may end")
                socket.shutdown(grace: grace)
                port.shutdown(grace: grace)
            },
            second: { [logger] in logger.warning("stopping at once") }
        )
        defer { withExtendedLifetime(metrics) {} }
        await stack.run {
            async let _: Void = registrar.run()
            async let remote: Void = port.serve()
            await socket.serve()
            await remote
        }
        // After the last answer: a controller need not wait for what this node may still do.
        await registrar.leave()
        signals.cancel()
        logger.info("stopped")
    }

    private func logStart(of command: NodeCommand) {
        logger.info(
            "serving",
            metadata: [
                "endpoint": "\(command.server.endpointText)", "listen": "\(command.cluster.listen)",
                "controller": "\(command.controller.joined(separator: ", "))",
                "driver": "\(stack.identity.driverName)",
                "node_id": "\(stack.identity.nodeID)", "version": "\(Release.version)",
            ]
        )
    }

    private static func registrar(
        _ command: NodeCommand,
        _ stack: NodeStack,
        _ kinds: [String: String],
        _ port: Server,
        _ claim: IDClaim,
        _ logger: Logger
    ) throws(DriverError) -> Registrar {
        guard case .tcp(let address, _) = try Endpoint(parsing: command.cluster.listen) else {
            throw DriverError(
                .invalidRequest,
                "--listen '\(command.cluster.listen)' is not host:port"
            )
        }
        let endpoint = Endpoint.joined(address, port.boundPorts.first ?? 0)
        let bootID = try BootID.current()
        let instanceID = String(UInt64.random(in: .min ... .max), radix: 16)
        return Registrar(
            at: try command.controllers(),
            tls: command.cluster.tls,
            claim: claim,
            logger: logger
        ) {
            var request = await stack.registration(kinds: kinds)
            request.bootID = bootID
            request.instanceID = instanceID
            request.endpoint = endpoint
            request.problems = claim.problems
            request.maximumVolumes = command.node.maxVolumes
            return request
        }
    }
}

extension NodeCommand {
    /// The controllers of --controller.
    fileprivate func controllers() throws(DriverError) -> [Registrar.Place] {
        var places: [Registrar.Place] = []
        for text in controller {
            guard case .tcp(let host, let port) = try Endpoint(parsing: text) else {
                throw DriverError(.invalidRequest, "--controller '\(text)' is not host:port")
            }
            places.append(Registrar.Place(host: host, port: port))
        }
        return places
    }
}

extension TiersFile {
    /// What lies below each tier, by its name.
    fileprivate var kinds: [String: String] {
        Dictionary(uniqueKeysWithValues: tiers.map { ($0.name, $0.storage.kind) })
    }
}
