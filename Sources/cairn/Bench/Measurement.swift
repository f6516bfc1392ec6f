/// One operation, as often as it is to be measured.
struct Measurement: Sendable {
    let operation: String
    var callers = 1
    let calls: Int
    let call: @Sendable (BenchDriver, Int) async throws -> Void
}

/// Measures operations on every driver in turns, so that what disturbs the machine disturbs all of
/// them alike.
struct Interleaving: Sendable {
    let drivers: [BenchDriver]
    /// Turns that an operation is cut into.
    let rounds: Int

    /// The samples of each driver's calls, in the order of the drivers.
    func measure(_ measurement: Measurement) async throws -> [Samples] {
        var samples = [Samples](repeating: Samples(), count: drivers.count)
        for (round, calls) in Self.parts(of: measurement.calls, into: rounds).enumerated() {
            // No driver is always the first after another one's load.
            let order =
                round.isMultiple(of: 2) ? Array(drivers.indices) : drivers.indices.reversed()
            for index in order {
                let driver = drivers[index]
                let load = Load(callers: measurement.callers, calls: calls)
                samples[index].add(try await load.run { try await measurement.call(driver, $0) })
            }
        }
        return samples
    }

    /// `0..<count` in at most `most` runs of nearly the same length.
    static func parts(of count: Int, into most: Int) -> [Range<Int>] {
        let parts = min(count, most)
        return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
    }
}
