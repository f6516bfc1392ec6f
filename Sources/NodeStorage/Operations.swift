package import DriverCore
package import Host
internal import Synchronization

/// Runs the blocking part of each RPC on a thread pool, with the keys of its objects held.
///
/// A caller that goes away stops waiting; the work goes on to its end with its keys held, so a
/// retry is told that it is still running (ABORTED) until it is done. That is how a long copy
/// survives the deadline of the RPC that began it.
package final class Operations: Sendable {
    private let changes: BlockingPool
    private let readers: BlockingPool
    private let keys = KeyedOperations()
    private let stop = StopFlag()
    private let running = RunningOperations()

    /// Reads have their own threads.
    ///
    /// kubelet and the sidecars repeat them, so on a hanging disk they must not take the threads of
    /// other volumes' changes.
    package init(changes: BlockingPool, readers: BlockingPool) {
        self.changes = changes
        self.readers = readers
    }

    /// The number of changing operations that run now.
    package var runningCount: Int { running.count }

    /// The running operations of one name.
    package struct Kind: Sendable {
        package let name: String
        package let count: Int
        /// Age of the oldest; zero where none runs.
        package let oldest: Duration
    }

    /// Every kind that has run since the process began, in the order of their names.
    package var runningByKind: [Kind] { running.byKind }

    /// Runs `body` while holding `needed`.
    ///
    /// Throws `operationPending` at once where another operation holds one of them.
    package func run<Result: Sendable>(
        _ name: String,
        holding needed: [KeyedOperations.Key],
        _ body: @escaping @Sendable (Progress) throws(DriverError) -> Result
    ) async throws(DriverError) -> Result {
        let progress = Progress(stop: stop)
        let lease = try Lease(of: keys, needed, for: name, progress: progress)
        return try await changes.run { () throws(DriverError) -> Result in
            let ticket = self.running.begin(name)
            // Released before the caller is answered: its next call must not meet its own lease.
            defer {
                lease.end()
                self.running.end(ticket)
            }
            try progress.checkStop()
            return try body(progress)
        }
    }

    /// The error for a caller that needs a held key, with the progress of the operation; nil where
    /// the key is free.
    package func refusal(of key: String) -> DriverError? { keys.refusal(of: key) }

    /// The operation that holds a key now, if any.
    package func holder(of key: String) -> String? { keys.holder(of: key) }

    /// Runs `body`, which only reads.
    package func read<Result: Sendable>(
        _ body: @escaping @Sendable () throws(DriverError) -> Result
    ) async throws(DriverError) -> Result {
        try await readers.run(body)
    }

    /// Runs `body`, which only reads, one at a time for each key.
    ///
    /// On a hanging disk only one thread then waits, however often the call is repeated.
    package func read<Result: Sendable>(
        _ name: String,
        holding key: String,
        _ body: @escaping @Sendable () throws(DriverError) -> Result
    ) async throws(DriverError) -> Result {
        let lease = try Lease(of: keys, [.exclusive(key)], for: name, progress: Progress())
        return try await readers.run { () throws(DriverError) -> Result in
            defer { lease.end() }
            return try body()
        }
    }

    /// Asks long operations to undo themselves and end; waits for all operations, at most `limit`.
    ///
    /// A copy that is cut off with the process would leave its source frozen. Returns the number
    /// of operations that did not end.
    package func stop(within limit: Duration) async -> Int {
        stop.raise()
        let end = ContinuousClock.now + limit
        while runningCount > 0, .now < end {
            // Cancelled: no reason to wait less, and the loop ends by itself.
            try? await Task.sleep(for: .milliseconds(20))
        }
        return runningCount
    }
}

/// Keys that are held until ``end()``, or until the job that should end the lease is dropped.
private final class Lease: Sendable {
    private let keys: KeyedOperations
    private let held: [KeyedOperations.Key]
    private let isHeld = Mutex(true)

    init(
        of keys: KeyedOperations,
        _ held: [KeyedOperations.Key],
        for name: String,
        progress: Progress
    ) throws(DriverError) {
        try keys.acquire(held, for: name, progress: progress)
        self.keys = keys
        self.held = held
    }

    deinit { end() }

    func end() {
        let wasHeld = isHeld.withLock { held in
            defer { held = false }
            return held
        }
        if wasHeld { keys.release(held) }
    }
}
