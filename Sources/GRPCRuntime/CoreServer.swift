import CGRPCShim
import DriverCore
import Synchronization

/// The owner of one C-core server.
///
/// The order is C-core's: bind, start, shutdown, its completion, ``destroy()``.
@safe final class CoreServer: Sendable {
    // Sound to share: C-core's server functions may be called from any thread, and the handle is
    // destroyed once, after the last of them.
    private nonisolated(unsafe) let handle: OpaquePointer
    /// Held inside C-core.
    ///
    /// An operation may complete on the queue's thread before the function that started it has
    /// returned; whoever then destroys the server must wait for that.
    private let entry = Mutex(())

    init(on queue: QueueThread, options: borrowing TransportOptions) {
        unsafe handle = cgrpc_server_create(queue.queue, options.handle)
    }

    /// Listens; the port (1 for a unix socket), nil when C-core could not.
    func bind(_ address: String, _ credentials: borrowing Credentials) -> UInt16? {
        let port = unsafe cgrpc_server_bind(handle, address, credentials.handle)
        return port > 0 ? UInt16(exactly: port) : nil
    }

    func start() { unsafe cgrpc_server_start(handle) }

    /// Ends listening; the completion comes after the last call.
    ///
    /// Each use gets its completion.
    func shutdown(then completion: @escaping @Sendable () -> Void) {
        entry.withLock { _ in
            _ = unsafe PendingOperation.start {
                unsafe cgrpc_server_start_shutdown(handle, $0)
                return true
            } then: { _ in
                self.entry.withLock { _ in }
                completion()
            }
        }
    }

    /// Only after ``shutdown(then:)``.
    func cancelCalls() { unsafe cgrpc_server_cancel_calls(handle) }

    /// Waits for the next call of any method; it fails once the server is shut down.
    func accept(into call: CoreServerCall, then completion: @escaping @Sendable (Bool) -> Void)
        -> Bool
    {
        entry.withLock { _ in
            unsafe PendingOperation.start {
                unsafe cgrpc_server_call_start_accept(call.handle, handle, $0)
            } then: { isAccepted in
                self.entry.withLock { _ in }
                completion(isAccepted)
            }
        }
    }

    /// Only after the completion of ``shutdown(then:)``.
    func destroy() { unsafe cgrpc_server_destroy(handle) }
}
