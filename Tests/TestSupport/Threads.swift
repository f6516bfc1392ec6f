import Glibc
import Host
import Synchronization
import Testing

/// Threads of a test that block, which Swift's own pool must not.
package final class TestThread: Sendable {
    private let body: @Sendable () -> Void
    private let thread = Mutex(pthread_t())
    private let ended = Semaphore()

    package init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        let failed = thread.withLock { thread in
            unsafe pthread_create(
                &thread,
                nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let own = unsafe Unmanaged<TestThread>.fromOpaque(argument).takeRetainedValue()
                    own.body()
                    own.ended.signal()
                    return nil
                },
                argument
            )
        }
        precondition(failed == 0, "no thread for a test")
    }

    /// Waits for its end, once; a thread that does not end is an issue.
    package func join() {
        guard ended.wait(within: longestWait) else {
            Issue.record("a thread of the test did not end")
            return
        }
        thread.withLock { thread in _ = pthread_join(thread, nil) }
    }
}

/// Runs the body on so many threads at once, and returns when all have ended.
package func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { index in TestThread { body(index) } }
    for thread in threads { thread.join() }
}
