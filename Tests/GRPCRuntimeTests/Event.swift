import Synchronization
import Testing

/// Something that happens once, and that tests wait for instead of time.
final class Event: Sendable {
    private struct State {
        var hasHappened = false
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
        var waits = 0
    }

    private let state = Mutex(State())

    var hasHappened: Bool { state.withLock { $0.hasHappened } }

    func happen() {
        let waiters = state.withLock { state in
            state.hasHappened = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(returning: true) }
    }

    /// Waits also in a cancelled task; an event that does not happen is an issue.
    func wait(at location: SourceLocation = #_sourceLocation) async {
        let number = state.withLock { state in
            state.waits += 1
            return state.waits
        }
        // Not a child of the waiting task, whose cancellation would end the sleep.
        let limit = Task {
            try? await Task.sleep(for: patience * 2)
            give(up: number)
        }
        let hasHappened = await withCheckedContinuation { continuation in
            let hasHappened = state.withLock { state in
                if !state.hasHappened { state.waiters[number] = continuation }
                return state.hasHappened
            }
            if hasHappened { continuation.resume(returning: true) }
        }
        limit.cancel()
        if !hasHappened {
            Issue.record("what was waited for did not happen", sourceLocation: location)
        }
    }

    private func give(up number: Int) {
        state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: false)
    }
}

/// Waits until the task is cancelled.
func waitForCancellation() async {
    let cancelled = Event()
    await withTaskCancellationHandler {
        await cancelled.wait()
    } onCancel: {
        cancelled.happen()
    }
}

/// The highest number of bodies that ran at the same time.
final class Gauge: Sendable {
    private let state = Mutex((now: 0, highest: 0))

    var highest: Int { state.withLock { $0.highest } }

    func enter() {
        state.withLock { state in
            state.now += 1
            state.highest = max(state.highest, state.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}
