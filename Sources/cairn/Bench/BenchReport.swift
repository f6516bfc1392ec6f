/// The figures of a run.
struct BenchReport: Sendable, Encodable {
    /// An operation on one driver; times in microseconds.
    struct Figures: Sendable, Encodable {
        let calls: Int
        let p50Microseconds: Double
        let p99Microseconds: Double
        let callsPerSecond: Double

        init(_ samples: Samples) {
            calls = samples.count
            p50Microseconds = samples.percentile(0.5)?.inMicroseconds ?? 0
            p99Microseconds = samples.percentile(0.99)?.inMicroseconds ?? 0
            callsPerSecond = samples.rate ?? 0
        }
    }

    struct Row: Sendable, Encodable {
        let operation: String
        let callers: Int
        let endpoint: Figures
        let against: Figures?

        /// How many times longer the other driver takes at p50.
        var ratio: Double? {
            guard let against, endpoint.p50Microseconds > 0 else { return nil }
            return against.p50Microseconds / endpoint.p50Microseconds
        }

        private enum Keys: String, CodingKey { case operation, callers, endpoint, against, ratio }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(operation, forKey: .operation)
            try container.encode(callers, forKey: .callers)
            try container.encode(endpoint, forKey: .endpoint)
            try container.encodeIfPresent(against, forKey: .against)
            try container.encodeIfPresent(ratio, forKey: .ratio)
        }
    }

    private struct Key: Hashable {
        let operation: String
        let callers: Int
    }

    private enum CodingKeys: String, CodingKey { case rows }

    private(set) var rows: [Row] = []
    private var order: [Key] = []
    private var samples: [Key: [Samples]] = [:]

    /// Adds what was measured; calls of one operation count together, wherever they were made.
    mutating func add(_ operation: String, callers: Int, _ measured: [Samples]) {
        let key = Key(operation: operation, callers: callers)
        if samples[key] == nil { order.append(key) }
        var sum = samples[key] ?? measured.map { _ in Samples() }
        for index in sum.indices { sum[index].add(measured[index]) }
        samples[key] = sum
        rows = order.compactMap { key in
            guard let samples = samples[key], let own = samples.first else { return nil }
            return Row(
                operation: key.operation,
                callers: key.callers,
                endpoint: Figures(own),
                against: samples.count > 1 ? Figures(samples[1]) : nil
            )
        }
    }
}
