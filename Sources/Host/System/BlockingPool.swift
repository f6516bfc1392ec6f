package import DriverCore
import Glibc
import Synchronization

/// Threads for calls that block, so that none of them holds a thread of the Swift runtime.
///
/// Any free thread takes the next job, so a call that hangs holds one thread, not a lane; and a
/// thread that has been held for long no longer counts, so calls that hang do not use the pool up.
/// Threads are started as they are needed, up to the bound, and stay.
package final class BlockingPool: Sendable {
    /// Jobs that may wait for a thread; one more is refused, so that a hanging node reports it.
    package static let mostWaiting = 1024

    private let queue: JobQueue

    /// A pool of that many threads, not counting those that one job has held for longer than
    /// `patience`.
    package init(threads: Int, patience: Duration = .seconds(5)) {
        precondition(threads > 0, "a pool needs a thread")
        queue = JobQueue(
            mostThreads: threads,
            mostWaiting: Self.mostWaiting,
            patience: patience
        )
    }

    /// Threads end when the pool is let go and its last job is done.
    deinit { queue.close() }

    /// Runs a blocking function on a thread of the pool.
    ///
    /// Once accepted, the job runs to its end, whatever becomes of the task that waits: where that
    /// task is cancelled, `run` throws `cancelled` at once and the job goes on. So what the job
    /// must give back (keys above all) is given back inside `body`. Throws `unavailable`, and never
    /// runs `body`, where too many jobs wait.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(DriverError) -> Result
    ) async throws(DriverError) -> Result {
        let outcome = Outcome<Result>()
        try submit {
            do throws(DriverError) {
                outcome.finish(.success(try body()))
            } catch {
                outcome.finish(.failure(error))
            }
        }
        return try await outcome.value().get()
    }

    func submit(_ job: @escaping JobQueue.Job) throws(DriverError) {
        guard !queue.append(job) else { return }
        throw DriverError(
            .unavailable,
            "\(Self.mostWaiting) operations already wait for storage that does not answer; "
                + "see the node's kernel log for hung devices"
        )
    }
}

/// Connects a job and the task that waits for it.
private final class Outcome<Value: Sendable>: Sendable {
    typealias Answer = Result<Value, DriverError>

    private enum State {
        /// Goes to `waited` or `settled`.
        case idle
        /// Goes to `settled`.
        case waited(CheckedContinuation<Answer, Never>)
        case settled(Answer)
    }

    private let state = Mutex(State.idle)

    /// The first answer counts; later ones are dropped.
    func finish(_ answer: Answer) {
        let waiter = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            defer {
                if case .settled = state {} else { state = .settled(answer) }
            }
            if case .waited(let continuation) = state { return continuation }
            return nil
        }
        waiter?.resume(returning: answer)
    }

    func value() async -> Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in wait(continuation) }
        } onCancel: {
            finish(
                .failure(
                    DriverError(
                        .cancelled,
                        "the caller cancelled the call; the operation still runs to its end"
                    )
                )
            )
        }
    }

    private func wait(_ continuation: CheckedContinuation<Answer, Never>) {
        let answer = state.withLock { state -> Answer? in
            if case .settled(let answer) = state { return answer }
            state = .waited(continuation)
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }
}
