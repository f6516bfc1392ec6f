package import Backend
package import CSIServing
package import DriverCore
package import GRPCRuntime
internal import Host
package import Logging
package import Metrics
package import Naming
package import NodeStorage

/// Connects all parts that serve one node's own storage, for each role that has storage.
///
/// A role registers the services that it serves at each of its endpoints, and serves within
/// ``run(while:)``.
package struct NodeStack: Sendable {
    package let identity: NodeIdentity
    package let readiness = Readiness()
    package let controller: LocalController
    package let node: NodeService
    let tiers: Tiers
    let operations = Operations(
        changes: BlockingPool(threads: Self.blockingThreads),
        readers: BlockingPool(threads: Self.readingThreads)
    )
    let usage: VolumeUsageBook
    let repairs: Repairs
    let programs: ProgramMetrics
    let logger: Logger

    /// The number of threads for blocking changes.
    ///
    /// Each volume uses one for a moment; the bound is what a host with many hanging disks can
    /// cost.
    private static let blockingThreads = 64
    /// The number of threads for blocking reads.
    private static let readingThreads = 16

    /// Opens the notes of use; no tier is opened before ``run(while:)``.
    ///
    /// `nameClaims` has a clock, which tests stop.
    package init(
        identity: NodeIdentity,
        tiers: [Tier],
        former: [FormerTier] = [],
        settings: NodeSettings,
        nameClaims: NameClaims = NameClaims(),
        logger: Logger
    ) throws(DriverError) {
        self.identity = identity
        self.logger = logger
        self.tiers = Tiers(
            tiers,
            former: former,
            default: settings.defaultTier,
            logger: logger
        )
        usage = try VolumeUsageBook(folder: settings.usageFolder)
        repairs = Repairs(tiers: self.tiers, operations: operations, usage: usage, logger: logger)
        programs = ProgramMetrics(.ofProcess, of: settings.programs)
        let admission = settings.admission()
        controller = LocalController(
            identity: identity,
            tiers: self.tiers,
            operations: operations,
            usage: usage,
            admission: admission,
            unstagePatience: settings.unstagePatience,
            kinds: settings.kinds,
            nameClaims: nameClaims
        )
        node = NodeService(
            identity: identity,
            tiers: self.tiers,
            operations: operations,
            usage: usage,
            admission: admission,
            settings: settings,
            logger: logger
        )
    }

    /// Serves Identity, which each endpoint has.
    package func registerIdentity(in router: inout Router) {
        IdentityService(identity: identity, readiness: readiness, offers: Offer.allCases)
            .register(in: &router)
    }

    /// Serves the Controller service over this node's storage.
    package func registerController(in router: inout Router) { controller.register(in: &router) }

    /// Serves the Node service.
    package func registerNode(in router: inout Router) { node.register(in: &router) }

    /// The figures of the storage, for the metrics page.
    package var metrics: [any MetricsSource] {
        [operations, programs, tiers, repairs, usage]
    }
}

extension NodeSettings {
    /// The limits of the node and its tiers; callers that share the object share the count.
    fileprivate func admission() -> Admission {
        Admission(maximumVolumes: maximumVolumes, policies: policies)
    }
}
