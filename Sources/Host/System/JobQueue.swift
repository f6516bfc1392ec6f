import Glibc
import Synchronization

/// The jobs of a ``BlockingPool`` and the threads that take them.
///
/// A thread keeps the queue alive, not the pool, so that letting the pool go ends the threads.
final class JobQueue: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var waiting: [Job] = []
        /// Where in `waiting` the next job is; what lies before has been taken.
        var next = 0
        var threads = 0
        var idle = 0
        var isClosed = false

        var count: Int { waiting.count - next }

        mutating func takeFirst() -> Job? {
            guard count > 0 else { return nil }
            let job = waiting[next]
            next += 1
            if next == waiting.count || next > 256 {
                waiting.removeFirst(next)
                next = 0
            }
            return job
        }
    }

    private let state = Mutex(State())
    /// Counts the jobs that wait, and the ends of threads after closing.
    private let signals = Semaphore()
    private let mostThreads: Int
    private let mostWaiting: Int

    init(mostThreads: Int, mostWaiting: Int) {
        self.mostThreads = mostThreads
        self.mostWaiting = mostWaiting
    }

    /// Queues a job; false where the queue is full, or no thread could be started at all.
    func append(_ job: @escaping Job) -> Bool {
        let accepted = state.withLock { state -> Bool in
            guard state.count < mostWaiting, !state.isClosed else { return false }
            if state.idle <= state.count, state.threads < mostThreads, startThread() {
                state.threads += 1
            }
            guard state.threads > 0 else { return false }
            state.waiting.append(job)
            return true
        }
        if accepted { signals.signal() }
        return accepted
    }

    /// Lets every thread end once no job waits.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in 0..<threads { signals.signal() }
    }

    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            signals.wait()
            let job = state.withLock { state in
                state.idle -= 1
                return state.takeFirst()
            }
            guard let job else { return }
            job()
        }
    }

    /// Stack of a thread: libblkid, libmount and JSON need far less.
    ///
    /// Only touched pages cost.
    private static let stackBytes = 1 << 20

    private func startThread() -> Bool {
        var attributes = pthread_attr_t()
        guard unsafe pthread_attr_init(&attributes) == 0 else { return false }
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, Self.stackBytes)
        unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let retained = unsafe Unmanaged.passRetained(self)
        let result = unsafe pthread_create(
            &thread,
            &attributes,
            { context in
                if let context = unsafe context {
                    unsafe Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().work()
                }
                return nil
            },
            retained.toOpaque()
        )
        if result == 0 { return true }
        unsafe retained.release()
        return false
    }
}
