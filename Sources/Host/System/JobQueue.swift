import Glibc
import Synchronization

/// The jobs of a ``BlockingPool`` and the threads that take them.
///
/// A thread keeps the queue alive, not the pool, so that letting the pool go ends the threads.
final class JobQueue: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var waiting: [Job] = []
        /// The index of the next job in `waiting`; those before it have been taken.
        var next = 0
        var threads = 0
        /// When each busy thread took its job, in no order.
        var busy: [ContinuousClock.Instant] = []
        /// Whether a thread watches waiting jobs while all threads are held.
        var isWatched = false
        var isClosed = false

        var count: Int { waiting.count - next }
        /// Threads that have no job, or are about to take a waiting one.
        var free: Int { threads - busy.count }

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
    private let patience: Duration
    /// The limit with held threads; each job holds the key of its volume, and a node has fewer
    /// volumes than this.
    private static let mostThreadsEver = 1024

    init(mostThreads: Int, mostWaiting: Int, patience: Duration) {
        self.mostThreads = mostThreads
        self.mostWaiting = mostWaiting
        self.patience = patience
    }

    /// Queues a job; false where the queue is full, or no thread could be started at all.
    func append(_ job: @escaping Job) -> Bool {
        let accepted = state.withLock { state -> Bool in
            guard state.count < mostWaiting, !state.isClosed else { return false }
            if state.free <= state.count { addWorker(&state) }
            guard state.threads > 0 else { return false }
            state.waiting.append(job)
            if !state.isWatched, state.free < state.count {
                state.isWatched = startThread { $0.watch() }
            }
            return true
        }
        if accepted { signals.signal() }
        return accepted
    }

    /// Ends every thread when no job waits.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in 0..<threads { signals.signal() }
    }

    /// Starts a thread if the limit allows it; held threads do not count.
    private func addWorker(_ state: inout State) {
        let now = ContinuousClock.now
        let held = state.busy.count { now - $0 > patience }
        guard state.threads - held < mostThreads, state.threads < Self.mostThreadsEver else {
            return
        }
        if startThread({ $0.work() }) { state.threads += 1 }
    }

    private func work() {
        while true {
            signals.wait()
            let began = ContinuousClock.now
            let job = state.withLock { state in
                state.busy.append(began)
                return state.takeFirst()
            }
            guard let job else { return }
            job()
            state.withLock { state in
                if let index = state.busy.firstIndex(of: began) { state.busy.remove(at: index) }
            }
        }
    }

    /// Adds threads while jobs wait and the existing threads turn out to be held.
    private func watch() {
        while true {
            pause()
            let isDone = state.withLock { state in
                guard state.count > state.free else {
                    state.isWatched = false
                    return true
                }
                for _ in state.free..<state.count { addWorker(&state) }
                return false
            }
            if isDone { return }
        }
    }

    /// Long against a job, short against the patience.
    private func pause() {
        let (seconds, attoseconds) = (patience / 4).components
        usleep(UInt32(clamping: seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
    }

    /// Stack of a thread: libblkid, libmount and JSON need far less.
    ///
    /// Only touched pages cost.
    private static let stackBytes = 1 << 20

    private func startThread(_ body: @escaping (JobQueue) -> Void) -> Bool {
        var attributes = pthread_attr_t()
        guard unsafe pthread_attr_init(&attributes) == 0 else { return false }
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, Self.stackBytes)
        unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let start = unsafe Unmanaged.passRetained(ThreadStart(queue: self, body: body))
        let result = unsafe pthread_create(
            &thread,
            &attributes,
            { context in
                if let context = unsafe context {
                    let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context)
                        .takeRetainedValue()
                    start.body(start.queue)
                }
                return nil
            },
            start.toOpaque()
        )
        if result == 0 { return true }
        unsafe start.release()
        return false
    }
}

/// The start argument of a thread.
private final class ThreadStart {
    let queue: JobQueue
    let body: (JobQueue) -> Void

    init(queue: JobQueue, body: @escaping (JobQueue) -> Void) {
        self.queue = queue
        self.body = body
    }
}
