package import DriverCore
package import Host
import Synchronization

/// Runs the blocking part of each RPC: on the pool, under the keys of what it touches.
///
/// A caller that goes away stops waiting; the work goes on to its end with its keys held, so a
/// retry is told that it is still running (ABORTED) until it is done. That is how a long copy
/// survives the deadline of the RPC that began it.
package final class Operations: Sendable {
    private let pool: BlockingPool
    private let keys = KeyedOperations()

    package init(pool: BlockingPool) { self.pool = pool }

    /// Runs `body` while holding `claims`.
    ///
    /// Throws `operationPending` at once where another operation holds one of them.
    package func run<Result: Sendable>(
        _ name: String,
        holding claims: [KeyedOperations.Claim],
        _ body: @escaping @Sendable (Progress) throws(DriverError) -> Result
    ) async throws(DriverError) -> Result {
        let progress = Progress()
        let lease = try Lease(of: keys, claims, for: name, progress: progress)
        return try await pool.run { () throws(DriverError) -> Result in
            // Released before the caller is answered: its next call must not meet its own lease.
            defer { lease.end() }
            return try body(progress)
        }
    }

    /// Runs `body` without holding anything; for what only reads.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () throws(DriverError) -> Result)
        async throws(DriverError) -> Result
    {
        try await pool.run(body)
    }
}

/// Keys held until ``end()``, or until the job that would have ended it is dropped unrun.
private final class Lease: Sendable {
    private let keys: KeyedOperations
    private let claims: [KeyedOperations.Claim]
    private let isHeld = Mutex(true)

    init(
        of keys: KeyedOperations,
        _ claims: [KeyedOperations.Claim],
        for name: String,
        progress: Progress
    ) throws(DriverError) {
        try keys.acquire(claims, for: name, progress: progress)
        self.keys = keys
        self.claims = claims
    }

    deinit { end() }

    func end() {
        let wasHeld = isHeld.withLock { held in
            defer { held = false }
            return held
        }
        if wasHeld { keys.release(claims) }
    }
}
