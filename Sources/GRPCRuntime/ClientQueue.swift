import DriverCore
import Synchronization

/// The queue that all channels of the process share: thousands of channels, one thread.
///
/// It begins with the first channel and ends with the last.
enum ClientQueue {
    private struct State {
        var queue: QueueThread?
        var users = 0
    }

    private static let state = Mutex(State())

    /// Matched by one ``release()``.
    static func acquire() throws(DriverError) -> QueueThread {
        let result = state.withLock { state -> Result<QueueThread, DriverError> in
            do throws(DriverError) {
                let queue = if let queue = state.queue { queue } else { try QueueThread() }
                state.queue = queue
                state.users += 1
                return .success(queue)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Gives back one use; the user has nothing in flight on the queue any more.
    static func release() {
        let last = state.withLock { state -> QueueThread? in
            state.users -= 1
            return state.users == 0 ? state.queue.take() : nil
        }
        last?.stop()
    }
}
