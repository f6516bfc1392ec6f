package import Metrics
package import Naming

/// The driver's name and version, and whether it is ready, as metrics.
package struct DriverFigures: MetricsSource {
    private let identity: NodeIdentity
    private let readiness: Readiness

    package init(identity: NodeIdentity, readiness: Readiness) {
        self.identity = identity
        self.readiness = readiness
    }

    package func add(to page: inout MetricsText) {
        page.family("cairn_info", .gauge, "The name, node and version of this driver.")
        page.sample(
            "cairn_info",
            1,
            [
                "driver": identity.driverName, "node": identity.nodeID,
                "version": identity.version,
            ]
        )
        page.family("cairn_ready", .gauge, "1 once the driver has opened its tiers, else 0.")
        page.sample("cairn_ready", readiness.isReady ? 1 : 0)
    }
}
