import CSIServing
import ClusterController
import DriverCore
import GRPCRuntime
import Host
import Logging
import Metrics
import Naming

/// Everything that serves a cluster's volumes from its nodes, wired together, without endpoints.
struct ControllerStack: Sendable {
    let nodes: RegistryService
    let channels: NodeChannels
    let readiness = Readiness()
    let metrics: MetricsPage
    private let identity: IdentityService
    private let controller: ClusterController
    private let policy: PeerPolicy
    private let report: CallReport

    init(_ command: ControllerCommand, _ lostNodes: LostNodes, logger: Logger) throws(DriverError) {
        let registry = NodeRegistry(lease: .seconds(command.nodeLease), lostNodes: lostNodes)
        policy = PeerPolicy.ofControllers(requiringNodeNames: command.requireNodeNames)
        nodes = RegistryService(
            registry: registry,
            policy: policy,
            driverName: command.driverName,
            version: Release.version,
            now: { WallClock.now() },
            logger: logger
        )
        channels = NodeChannels(tls: command.cluster.tls)
        let hops = HopFigures()
        controller = ClusterController(
            registry: registry,
            lostNodes: lostNodes,
            hop: NodeHop(channels: channels, figures: hops),
            logger: logger
        )
        let calls = CallFigures()
        report = CallReport(logger: logger, figures: calls)
        // Ready from the first moment: a call for a node that is not known yet says so itself.
        readiness.becomeReady()
        let named = try command.identity()
        identity = IdentityService(identity: named, readiness: readiness, offers: Offer.allCases)
        let driver = DriverFigures(identity: named, readiness: readiness)
        metrics = MetricsPage([driver, calls, hops, registry, lostNodes, ProcessMetrics()])
    }

    /// Identity and Controller, for the sidecars, and the list of nodes for `cairn status`.
    func localRouter() -> Router {
        var router = Router()
        identity.register(in: &router)
        controller.register(in: &router)
        nodes.registerStatus(in: &router)
        router.intercept(report.around)
        return router
    }

    /// Where nodes register.
    func remoteRouter() -> Router {
        var router = Router()
        nodes.register(in: &router)
        router.intercept(report.around)
        router.intercept(policy.around)
        return router
    }
}

extension ControllerCommand {
    /// The driver's name and version; a controller owns no volume, so it needs no node id.
    fileprivate func identity() throws(DriverError) -> NodeIdentity {
        try NodeIdentity(
            driverName: driverName,
            version: Release.version,
            nodeID: "controller",
            topology: [:]
        )
    }
}
