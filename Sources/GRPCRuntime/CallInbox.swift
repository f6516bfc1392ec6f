import Synchronization

/// Accepted calls on their way from the queue's thread to the serving task.
///
/// Bounded by the server's limit on concurrent calls. Waiting survives cancellation.
final class CallInbox: Sendable {
    private struct State {
        var calls: [AcceptedCall] = []
        var isClosed = false
        var waiter: CheckedContinuation<[AcceptedCall]?, Never>?
    }

    private let state = Mutex(State())

    func put(_ call: AcceptedCall) {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter.take() else {
                state.calls.append(call)
                return nil as CheckedContinuation<[AcceptedCall]?, Never>?
            }
            return waiter
        }
        waiter?.resume(returning: [call])
    }

    /// No call comes any more; those inside are still taken.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    /// Everything that is inside, at least one call; nil when it is closed and empty.
    ///
    /// One waiter.
    func take() async -> [AcceptedCall]? {
        await withCheckedContinuation { continuation in
            let (calls, isOver) = state.withLock { state in
                let calls = state.calls
                state.calls.removeAll(keepingCapacity: true)
                if calls.isEmpty, !state.isClosed { state.waiter = continuation }
                return (calls, state.isClosed)
            }
            if !calls.isEmpty {
                continuation.resume(returning: calls)
            } else if isOver {
                continuation.resume(returning: nil)
            }
        }
    }
}
