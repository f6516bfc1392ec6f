import CGRPCShim
import DriverCore

/// The owner of one C-core channel.
@safe final class CoreChannel: Sendable {
    // Sound to share: C-core's channels may be used from any thread.
    private nonisolated(unsafe) let handle: OpaquePointer

    init(
        to target: String,
        options: borrowing TransportOptions,
        credentials: borrowing Credentials
    ) {
        unsafe handle = cgrpc_channel_create(target, options.handle, credentials.handle)
    }

    /// After its last call is destroyed.
    func destroy() { unsafe cgrpc_channel_destroy(handle) }

    func call(
        _ method: String,
        on queue: QueueThread,
        timeout: Duration?,
        waitsForReady: Bool
    ) -> CoreClientCall {
        let options = cgrpc_call_options(
            timeout_nanoseconds: timeout?.nanoseconds ?? .max,
            waits_for_ready: waitsForReady
        )
        return unsafe CoreClientCall(
            cgrpc_client_call_create(handle, queue.queue, method, options)
        )
    }
}
