/// A plan carried out on one driver, or on two in turns.
struct BenchRun: Sendable {
    var plan: BenchPlan
    let interleaving: Interleaving
    let report: @Sendable (_ progress: String) -> Void

    /// Calls before the first that counts: they connect, and warm up both ends.
    private static let warmingCalls = 50

    func run() async throws -> BenchReport {
        var result = BenchReport()
        for measurement in plan.cheap() { try await measure(measurement, into: &result) }
        let created = try await measure(plan.create, into: &result)
        for window in BenchPlan.windows(of: plan.volumes) {
            result.add(window.name, callers: 1, created.map { $0.window(window.calls) })
        }
        for measurement in plan.withVolumes() + plan.mounting() + [plan.delete] {
            try await measure(measurement, into: &result)
        }
        return result
    }

    /// Connects, and sees that every driver answers.
    mutating func warmUp() async throws {
        plan.looks = true
        for driver in interleaving.drivers where try await !driver.offersGetVolume() {
            plan.looks = false
        }
        for measurement in plan.cheap() {
            let calls = min(measurement.calls, Self.warmingCalls)
            for driver in interleaving.drivers {
                let load = Load(callers: measurement.callers, calls: 0..<calls)
                _ = try await load.run { try await measurement.call(driver, $0) }
            }
        }
    }

    @discardableResult
    private func measure(_ measurement: Measurement, into result: inout BenchReport)
        async throws -> [Samples]
    {
        report(
            "\(measurement.operation): \(measurement.calls) calls, \(measurement.callers) at once"
        )
        let samples = try await interleaving.measure(measurement)
        result.add(measurement.operation, callers: measurement.callers, samples)
        return samples
    }
}
