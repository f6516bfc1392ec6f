import Glibc
import Synchronization

/// Holds threads in the kernel while it is closed, as a disk does that hangs.
package final class Barrier: Sendable {
    private struct State {
        /// The ends of a pipe that nobody writes to; nil while the barrier is open.
        var ends: (read: CInt, write: CInt)?
        var held = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var held: Int { state.withLock { $0.held } }

    package func close() {
        state.withLock { state in
            guard state.ends == nil else { return }
            var ends: [CInt] = [-1, -1]
            guard unsafe pipe(&ends) == 0 else { return }
            state.ends = (ends[0], ends[1])
        }
    }

    /// Lets everybody go.
    package func open() {
        state.withLock { state in
            if let ends = state.ends { _ = Glibc.close(ends.write) }
            state.ends = nil
        }
    }

    /// Blocks while the barrier is closed, though not for ever: a test that fails to open it must end.
    package func pass() {
        let own = state.withLock { state -> CInt? in
            guard let ends = state.ends else { return nil }
            state.held += 1
            return dup(ends.read)
        }
        guard let own else { return }
        // Readable when the last writing end is closed.
        _ = waitUntilReadable(own)
        _ = Glibc.close(own)
        state.withLock { $0.held -= 1 }
    }

    deinit { open() }
}
