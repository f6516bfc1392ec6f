import CGRPCShim
import DriverCore
import ErrnoText
import Glibc
import Synchronization

/// One completion queue and the one thread that drains it.
///
/// C-core moves only while this thread sits in the queue. The thread takes operations out of their
/// tags and completes them; it runs no handler and waits for nothing else. It destroys the queue
/// after the last operation, so the object may be dropped at any time after ``stop()``.
@safe final class QueueThread: Sendable {
    private struct End {
        var isStopping = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    // Sound to share: C-core's queues may be used from any thread, and the queue is destroyed by
    // the thread after everything on it has completed.
    nonisolated(unsafe) let queue: OpaquePointer
    private let end = Mutex(End())

    init() throws(DriverError) {
        Self.initializeOnce
        unsafe queue = cgrpc_queue_create()
        try startThread()
    }

    /// Closes the queue: nothing may be started on it from here on.
    ///
    /// Idempotent.
    func stop() {
        let isFirst = end.withLock { end in
            defer { end.isStopping = true }
            return !end.isStopping
        }
        if isFirst { unsafe cgrpc_queue_shutdown(queue) }
    }

    /// Returns when everything has completed and the queue is gone.
    ///
    /// Follows ``stop()``.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = end.withLock { end in
                if !end.hasEnded { end.waiters.append(continuation) }
                return end.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func startThread() throws(DriverError) {
        let retained = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<QueueThread>.fromOpaque(argument).takeRetainedValue().drain()
                }
                return nil
            },
            retained.toOpaque()
        )
        guard code == 0 else {
            unsafe retained.release()
            unsafe cgrpc_queue_shutdown(queue)
            drain()
            throw DriverError(
                .unavailable,
                "cannot start the gRPC thread (\(errnoText(code))); free some memory"
            )
        }
        pthread_detach(thread)
    }

    private func drain() {
        var event = unsafe cgrpc_event()
        while unsafe cgrpc_queue_next(queue, &event) {
            guard let tag = unsafe event.tag else { continue }
            unsafe PendingOperation.complete(tag, succeeded: event.succeeded)
        }
        unsafe cgrpc_queue_destroy(queue)
        let waiters = end.withLock { end in
            end.hasEnded = true
            return end.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// A lost connection must be an error of a call, not the end of the process.
    ///
    /// C-core logs to stderr in a form of its own; setting its GRPC_VERBOSITY brings the lines
    /// back.
    private static let initializeOnce: Void = {
        signal(SIGPIPE, SIG_IGN)
        let isReady = unsafe cgrpc_initialize(getenv("GRPC_VERBOSITY") == nil) {
            TLSFailures.ofProcess.report(unsafe String(cString: $0), isAboutFiles: $1)
        }
        precondition(isReady, "cannot restrict OpenSSL to TLS 1.3")
    }()
}
