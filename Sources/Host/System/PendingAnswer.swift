package import DriverCore
import Synchronization

/// The result of a job, for a thread that waits for it with a limit.
package final class PendingAnswer<Value: Sendable>: Sendable {
    private let answer = Mutex<Result<Value, DriverError>?>(nil)
    /// Raised once, with the answer.
    private let signal = Semaphore()

    func finish(_ result: Result<Value, DriverError>) {
        answer.withLock { $0 = result }
        signal.signal()
    }

    /// Waits for the result; nil where it is not there in time, and the job continues.
    ///
    /// For one caller, once. Blocks.
    package func value(by end: ContinuousClock.Instant) throws(DriverError) -> Value? {
        guard signal.wait(within: ContinuousClock.now.duration(to: end)) else { return nil }
        return try answer.withLock(\.self)?.get()
    }
}

extension BlockingPool {
    /// Runs a blocking function on a thread of the pool, for a caller that blocks too.
    ///
    /// Once accepted, the job runs to its end. Throws `unavailable`, and never runs `body`, where
    /// too many jobs wait.
    package func begin<Value: Sendable>(
        _ body: @escaping @Sendable () throws(DriverError) -> Value
    ) throws(DriverError) -> PendingAnswer<Value> {
        let pending = PendingAnswer<Value>()
        try submit {
            do throws(DriverError) {
                pending.finish(.success(try body()))
            } catch {
                pending.finish(.failure(error))
            }
        }
        return pending
    }
}
