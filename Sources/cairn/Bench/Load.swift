import Synchronization

/// Calls made by a number of callers at once; each caller makes its next call when its last ended.
struct Load: Sendable {
    let callers: Int
    /// The indices of the calls; each is made once.
    let calls: Range<Int>

    /// Makes every call and times each.
    ///
    /// The first failure ends it, once the calls in flight have ended.
    func run(_ call: @escaping @Sendable (Int) async throws -> Void) async throws -> Samples {
        let next = Counter(from: calls.lowerBound)
        let started = ContinuousClock.now
        let durations = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<min(callers, calls.count) {
                group.addTask { try await Self.caller(taking: next, below: calls.upperBound, call) }
            }
            var all: [Duration] = []
            for try await durations in group { all += durations }
            return all
        }
        return Samples(durations: durations, elapsed: .now - started)
    }

    private static func caller(
        taking next: Counter,
        below end: Int,
        _ call: @Sendable (Int) async throws -> Void
    ) async throws -> [Duration] {
        var durations: [Duration] = []
        while true {
            let index = next.take()
            guard index < end else { return durations }
            try Task.checkCancellation()
            let started = ContinuousClock.now
            try await call(index)
            durations.append(.now - started)
        }
    }
}

private final class Counter: Sendable {
    private let value: Atomic<Int>
    init(from first: Int) { value = Atomic(first) }
    func take() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}
