import Synchronization

/// What a server is doing, and whether it may still be doing anything.
///
/// Serving leads to draining by ``beginShutdown(grace:)``; draining ends when C-core has shut the
/// server down, no call is left and none is awaited. Only then may the server be freed.
final class ServerLifecycle: Sendable {
    private struct State {
        var wasServed = false
        /// Set when the shutdown begins.
        var grace: Duration?
        var isGraceRunning = false
        var isShutdown = false
        var calls = 0
        var isAccepting = false
        var graceWaiter: CheckedContinuation<Duration, Never>?
        var drainWaiter: CheckedContinuation<Void, Never>?

        var isDrained: Bool { isShutdown && calls == 0 && !isAccepting }

        /// Takes the right to await one call, where the limit leaves room.
        mutating func takeSlot(limit: Int) -> Bool {
            isAccepting = wasServed && grace == nil && calls < limit
            return isAccepting
        }
    }

    /// What to do after a change, outside the lock.
    enum Next { case nothing, accept, end }

    private let limit: Int
    private let state = Mutex(State())

    init(maximumCalls: Int) { limit = max(1, maximumCalls) }

    var wasServed: Bool { state.withLock { $0.wasServed } }

    /// False when it was called before.
    func beginServing() -> Bool {
        state.withLock { state in
            defer { state.wasServed = true }
            return !state.wasServed
        }
    }

    /// Whether the first call may be awaited, or all is over already.
    func firstStep() -> Next {
        state.withLock { state in
            if state.takeSlot(limit: limit) { return .accept }
            return state.isDrained ? .end : .nothing
        }
    }

    /// A call came, or (not `isAccepted`) no call will ever come.
    func acceptCompleted(_ isAccepted: Bool) -> Next {
        state.withLock { state in
            state.isAccepting = false
            guard isAccepted else { return state.isDrained ? .end : .nothing }
            state.calls += 1
            return state.takeSlot(limit: limit) ? .accept : .nothing
        }
    }

    func callEnded() -> Next {
        state.withLock { state in
            state.calls -= 1
            if !state.isAccepting, state.takeSlot(limit: limit) { return .accept }
            return state.isDrained ? .end : .nothing
        }
    }

    /// False when it began before.
    func beginShutdown(grace: Duration) -> Bool {
        state.withLock { state in
            guard state.grace == nil else { return false }
            state.grace = grace
            return true
        }
    }

    /// C-core accepts no call any more, so from now on its calls may be cancelled.
    func beginGrace() {
        let (waiter, grace) = state.withLock { state in
            state.isGraceRunning = true
            return (state.graceWaiter.take(), state.grace)
        }
        if let grace { waiter?.resume(returning: grace) }
    }

    func shutdownCompleted() -> Next {
        state.withLock { state in
            state.isShutdown = true
            return state.isDrained ? .end : .nothing
        }
    }

    /// Waits until nothing is left, also in a cancelled task.
    ///
    /// One waiter.
    func waitUntilDrained() async {
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                if !state.isDrained { state.drainWaiter = continuation }
                return state.isDrained
            }
            if isDrained { continuation.resume() }
        }
    }

    /// What ``Next/end`` asks for.
    func resumeDrained() {
        state.withLock { $0.drainWaiter.take() }?.resume()
    }

    /// Waits for ``beginGrace()``, also in a cancelled task; the grace.
    ///
    /// One waiter.
    func waitForGrace() async -> Duration {
        await withCheckedContinuation { continuation in
            let grace = state.withLock { state in
                if !state.isGraceRunning { state.graceWaiter = continuation }
                return state.isGraceRunning ? state.grace : nil
            }
            if let grace { continuation.resume(returning: grace) }
        }
    }
}
