/// The durations of the calls of one operation.
struct Samples: Sendable, Equatable {
    /// One for each call; in the order of the calls where one caller made them.
    private(set) var durations: [Duration] = []
    /// The time in which they were made; concurrent calls count once.
    private(set) var elapsed: Duration = .zero

    init(durations: [Duration] = [], elapsed: Duration = .zero) {
        self.durations = durations
        self.elapsed = elapsed
    }

    var count: Int { durations.count }

    mutating func add(_ other: Samples) {
        durations += other.durations
        elapsed += other.elapsed
    }

    /// The smallest duration that at least this share of all calls did not exceed (nearest rank);
    /// nil without any call.
    func percentile(_ share: Double) -> Duration? {
        let rank = Int((share * Double(count)).rounded(.up))
        guard count > 0 else { return nil }
        return durations.sorted()[min(max(rank, 1), count) - 1]
    }

    /// Calls a second; nil where no time passed.
    var rate: Double? {
        elapsed > .zero ? Double(count) / elapsed.inSeconds : nil
    }

    /// The calls of a range of indices, as if they had been made alone.
    func window(_ range: Range<Int>) -> Samples {
        let part = Array(durations[range.clamped(to: durations.indices)])
        return Samples(durations: part, elapsed: part.reduce(.zero, +))
    }
}

extension Duration {
    var inSeconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }

    var inMicroseconds: Double { inSeconds * 1e6 }
}
