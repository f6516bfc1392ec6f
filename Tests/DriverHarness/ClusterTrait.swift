package import DriverCore
import Glibc
import TestSupport
package import Testing

/// Gives a suite a ``Cluster`` of its own, and takes it down when the last test is done.
package struct ClusterTrait: SuiteTrait, TestScoping {
    package let pools: [PoolKind]
    package let poolSize: ByteCount
    /// What the driver is started by, told the folder of the cluster; see `Driver.wrapper`.
    package let wrapper: @Sendable (String) throws -> [String]
    /// The lines of each tier that open it for inline volumes; none leaves them closed.
    package var inline = Cluster.openForInline
    /// More flags of the driver.
    package var flags: [String] = []

    @concurrent package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await SuiteGate.shared.passing {
            try await withTemporaryFolder { folder in
                defer { Leftovers.remove(beneath: folder.path) }
                let cluster = try Cluster(
                    in: folder,
                    pools: pools,
                    poolSize: poolSize,
                    wrapper: try wrapper(folder.path),
                    inline: inline,
                    flags: flags
                )
                let outcome: Result<Void, any Error>
                do {
                    try await cluster.driver.start()
                    outcome = .success(
                        try await Cluster.$current.withValue(cluster) { try await function() }
                    )
                } catch {
                    outcome = .failure(error)
                }
                // Whatever a test left: the mounts can go only when nobody makes new ones.
                _ = try await cluster.driver.stop(SIGKILL)
                try outcome.get()
            }
        }
    }
}

extension Trait where Self == ClusterTrait {
    /// A driver with these tiers, the first of which is the default one.
    package static func cluster(
        _ pools: PoolKind...,
        poolSize: ByteCount = .gibibytes(3),
        isTraced: Bool = false,
        inline: String = Cluster.openForInline,
        flags: [String] = []
    ) -> Self {
        ClusterTrait(
            pools: pools,
            poolSize: poolSize,
            wrapper: { isTraced ? Trace.command(in: $0) : [] },
            inline: inline,
            flags: flags
        )
    }

    /// The same with a driver that is started by another program.
    package static func cluster(
        _ pools: PoolKind...,
        poolSize: ByteCount = .gibibytes(3),
        startedBy wrapper: @escaping @Sendable (String) throws -> [String]
    ) -> Self {
        ClusterTrait(pools: pools, poolSize: poolSize, wrapper: wrapper)
    }
}

/// Lets few suites run at a time: each has a driver, pools and devices.
actor SuiteGate {
    static let shared = SuiteGate(places: 3)

    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { self.places = places }

    nonisolated func passing(_ body: () async throws -> Void) async throws {
        await enter()
        do {
            try await body()
        } catch {
            await leave()
            throw error
        }
        await leave()
    }

    private func enter() async {
        guard places == 0 else {
            places -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        guard waiting.isEmpty else { return waiting.removeFirst().resume() }
        places += 1
    }
}
