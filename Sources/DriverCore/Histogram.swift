/// How long things took.
package struct Histogram: Sendable, Hashable {
    /// Seconds: from a read of memory to the copy of a large volume.
    package static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300]

    /// How many were within each bound and above the one before; the last is above all.
    private var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    package private(set) var sum = 0.0

    package init() {}

    package mutating func add(_ seconds: Double) {
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }

    package var count: UInt64 { counts.reduce(0, +) }

    /// How many were within each bound.
    package var cumulative: [(bound: Double, count: UInt64)] {
        var total = UInt64(0)
        return zip(Self.bounds, counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }
}
