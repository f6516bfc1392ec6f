import CHostShim

/// A counting semaphore: each signal lets one waiting thread continue.
///
/// Whoever waits blocks its thread, so never one of the Swift runtime.
@safe
package final class Semaphore: Sendable {
    /// A semaphore may be used by all threads; `deinit` gives it back, which no thread that uses it
    /// can precede.
    private nonisolated(unsafe) let semaphore: OpaquePointer

    package init() {
        guard let semaphore = unsafe chost_semaphore_create() else {
            preconditionFailure("there is no memory for a semaphore")
        }
        unsafe self.semaphore = semaphore
    }

    deinit { unsafe chost_semaphore_destroy(semaphore) }

    package func signal() { unsafe chost_semaphore_signal(semaphore) }

    package func wait() { unsafe chost_semaphore_wait(semaphore) }

    /// Whether a signal came in time.
    package func wait(within limit: Duration) -> Bool {
        let (seconds, fraction) = max(limit, .zero).components
        return unsafe chost_semaphore_wait_within(semaphore, seconds, fraction / 1_000_000_000)
    }
}
