import TestSupport
package import Testing

/// Gives a suite a ``Fleet`` of its own, and takes it down when the last test is done.
package struct FleetTrait: SuiteTrait, TestScoping {
    let plan: FleetPlan

    @concurrent package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await SuiteGate.shared.passing {
            try await withTemporaryFolder { folder in
                defer { Leftovers.remove(beneath: folder.path) }
                let fleet = try Fleet(in: folder.path, plan)
                let outcome: Result<Void, any Error>
                do {
                    try await fleet.start()
                    outcome = .success(
                        try await Fleet.$current.withValue(fleet) { try await function() }
                    )
                } catch {
                    outcome = .failure(error)
                }
                try await fleet.stop()
                for name in Paths.names(in: folder.path) {
                    Leftovers.remove(beneath: "\(folder.path)/\(name)")
                }
                try outcome.get()
            }
        }
    }
}

extension Trait where Self == FleetTrait {
    /// Two controllers and three nodes, unless the plan says otherwise.
    package static func fleet(_ plan: FleetPlan = FleetPlan()) -> Self { FleetTrait(plan: plan) }
}
