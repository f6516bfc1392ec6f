import Synchronization

/// Lets a controller create in one call, and refuses creates that arrive late.
///
/// A node issues a permit with each registration. It accepts the permit for a create only if it has
/// answered nothing about the name since it issued the permit. So no caller can have been told, after
/// the create was sent, that the name is free or its object deleted. The node compares its own clock
/// only, and keeps everything in memory: it refuses the permit of an earlier process.
package final class CreatePermits: Sendable {
    private struct State {
        /// When something was last answered about a name, by the name's hash: two names with one hash
        /// only refuse more.
        var answers: [Int: Int64] = [:]
        /// Permits that were issued until then are refused: `answers` does not reach back so far.
        var lastRefused: Int64 = -1
    }

    /// Longer than a node waits between two registrations.
    static let lifetime = NameClaims.lease
    /// More answers than a node gives in the lifetime of a permit; some 100 KiB.
    static let limit = 4096

    private let now: @Sendable () -> ContinuousClock.Instant
    private let start: ContinuousClock.Instant
    /// Tells this process from the one before.
    private let process = String(UInt64.random(in: .min ... .max), radix: 16)
    private let state = Mutex(State())

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
        start = now()
    }

    /// A permit for creates of any name.
    package func issue() -> String {
        // Under the lock, as every other look at the clock: what is noted later is not older.
        state.withLock { _ in "\(process)-\(time())" }
    }

    /// Notes that something is answered about a name; comes before the answer, and with the name's key
    /// held where there is one.
    package func note(_ name: String) {
        state.withLock { state in
            let time = time()
            if state.answers.count >= Self.limit {
                let oldest = time - Self.milliseconds(Self.lifetime)
                state.answers = state.answers.filter { $0.value >= oldest }
            }
            if state.answers.count >= Self.limit {
                state.answers = [:]
                state.lastRefused = time
            }
            state.answers[name.hashValue] = time
        }
    }

    /// Throws `operationPending` where the create that shows the permit may come late.
    package func check(_ permit: String, for name: String) throws(DriverError) {
        let words = permit.byteSplit(separator: "-").map(String.init)
        let isGood = state.withLock { state in
            guard words.count == 2, words[0].hasSameBytes(as: process),
                let issued = Int64(words[1]),
                issued > state.lastRefused,
                (0..<Self.milliseconds(Self.lifetime)).contains(time() - issued)
            else { return false }
            return state.answers[name.hashValue].map { $0 < issued } ?? true
        }
        if isGood { return }
        throw DriverError(
            .operationPending,
            "\(name): the create may have come late; claim the name first, or retry"
        )
    }

    private func time() -> Int64 { Self.milliseconds(now() - start) }

    /// Rounded down: what was noted in the millisecond of a permit counts as later.
    private static func milliseconds(_ duration: Duration) -> Int64 {
        Int64(duration / .milliseconds(1))
    }
}
