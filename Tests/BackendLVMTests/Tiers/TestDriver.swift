import CSIMessages
import DriverCore
import DriverHarness
import Glibc
import TestSupport

/// Runs the body with the real driver over one tier of a new group.
func withDriver(
    _ kind: TestTier.Kind,
    isTraced: Bool = false,
    _ body: (Cluster) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        let group = try folder.makeVolumeGroup()
        var place = ""
        if kind == .thin {
            try group.makeThinPool(TestTier.pool, size: .gibibytes(1))
            place = "thinPool: \(TestTier.pool)"
        }
        let cluster = try Cluster(
            in: folder,
            pools: [],
            poolSize: .zero,
            wrapper: isTraced ? Trace.command(in: folder.path) : []
        )
        try await running(cluster, over: group, place, body)
    }
}

/// Runs the body with the cluster's driver over one tier of the group, and stops it.
func running(
    _ cluster: Cluster,
    over group: TestSupport.VolumeGroup,
    _ options: String,
    _ body: (Cluster) async throws -> Void
) async throws {
    defer { Leftovers.remove(beneath: cluster.folder) }
    let place = "volumeGroup: \(group.name)" + (options.isEmpty ? "" : ", \(options)")
    let tiers = "tiers:\n  - name: lvm\n    default: true\n    lvm: {\(place)}\n"
    try Bytes.write(tiers, to: cluster.driver.places.tiersFile)
    do {
        try await cluster.driver.start()
        try await waitForTier(of: cluster)
        try await body(cluster)
    } catch {
        _ = try await cluster.driver.stop(SIGKILL)
        throw error
    }
    _ = try await cluster.driver.stop()
}

/// A driver is ready before its tiers are, which have no capacity until then.
func waitForTier(_ tier: String? = nil, of cluster: Cluster) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await cluster.capacity(of: tier).availableCapacity == 0 {
        guard ContinuousClock.now < deadline else {
            throw DriverError(
                .timedOut,
                "the tier \(tier ?? "") does not start\n\(try cluster.driver.logText())"
            )
        }
    }
}
