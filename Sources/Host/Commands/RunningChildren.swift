import Glibc
import Synchronization

/// The children that run now, so that all can be stopped at once.
///
/// A child that outlives the driver is never listed. Any other is, until just before it is reaped,
/// so a listed id is never somebody else's.
enum RunningChildren {
    private struct State {
        /// Increased by each ``killAll()``.
        var epoch = 0
        /// Whether each child was killed, by process id.
        var children: [pid_t: Bool] = [:]
    }

    private static let state = Mutex(State())

    static var epoch: Int { state.withLock { $0.epoch } }

    /// Adds a child; kills it if ``killAll()`` was called while it was being started.
    static func add(_ child: pid_t, startedIn epoch: Int) {
        state.withLock { state in
            let isLate = state.epoch != epoch
            if isLate { kill(-child, SIGKILL) }
            state.children[child] = isLate
        }
    }

    /// Removes a child; true where ``killAll()`` killed it.
    static func remove(_ child: pid_t) -> Bool {
        state.withLock { $0.children.removeValue(forKey: child) ?? false }
    }

    static func killAll() {
        state.withLock { state in
            state.epoch += 1
            for child in state.children.keys {
                kill(-child, SIGKILL)
                state.children[child] = true
            }
        }
    }
}
