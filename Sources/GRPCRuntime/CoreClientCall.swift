import CGRPCShim
import DriverCore

/// The owner of one call as C-core's client sees it.
///
/// Operations are started one after the other by the task that makes the call; only ``cancel()``
/// comes from elsewhere.
@safe final class CoreClientCall: Sendable {
    // Sound to share: cancelling is safe on any thread, and everything else happens in one task.
    private nonisolated(unsafe) let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    /// When everything that was started has completed, and nothing can cancel any more.
    func destroy() { unsafe cgrpc_client_call_destroy(handle) }

    func cancel() { unsafe cgrpc_client_call_cancel(handle) }

    /// Before the request is sent.
    func set(_ headers: [(name: String, value: String)]) {
        for (name, value) in headers {
            let isSet = unsafe cgrpc_client_call_set_header(handle, name, value)
            precondition(isSet, "more headers than a call holds")
        }
    }

    /// Sends the request, receives response and status.
    func unary(_ request: [UInt8]) async -> Bool {
        await unsafe PendingOperation.run { tag in
            unsafe request.withUnsafeBufferPointer { bytes in
                unsafe cgrpc_client_call_start_unary(handle, bytes.baseAddress, bytes.count, tag)
            }
        }
    }

    /// Sends the request, receives the headers of the answer.
    func stream(_ request: [UInt8]) async -> Bool {
        await unsafe PendingOperation.run { tag in
            unsafe request.withUnsafeBufferPointer { bytes in
                unsafe cgrpc_client_call_start_stream(handle, bytes.baseAddress, bytes.count, tag)
            }
        }
    }

    /// Receives the next message of a stream; nil at its end.
    func nextMessage() async -> [UInt8]? {
        let isReceived = await unsafe PendingOperation.run {
            unsafe cgrpc_client_call_start_receive(handle, $0)
        }
        return isReceived ? response() : nil
    }

    /// Receives the status of a stream.
    func receiveStatus() async -> Bool {
        await unsafe PendingOperation.run { unsafe cgrpc_client_call_start_status(handle, $0) }
    }

    func response() -> [UInt8]? {
        guard unsafe cgrpc_client_call_has_response(handle) else { return nil }
        let length = unsafe cgrpc_client_call_response_length(handle)
        return unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            if let start = buffer.baseAddress {
                unsafe cgrpc_client_call_copy_response(handle, start)
            }
            count = length
        }
    }

    /// The failure in the received status; nil for OK.
    func failure() -> RPCFailure? {
        let code = StatusCode(rawValue: unsafe cgrpc_client_call_code(handle)) ?? .unknown
        guard code != .ok else { return nil }
        var length = 0
        let bytes = unsafe cgrpc_client_call_view_message(handle, &length)
        let message = unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: length),
            as: UTF8.self
        )
        // To a CSI client RESOURCE_EXHAUSTED means that storage is full. Headers that this end found
        // too large say nothing about storage.
        if code == .resourceExhausted, message.hasBytePrefix(Self.metadataComplaint) {
            return RPCFailure(.unavailable, message)
        }
        return RPCFailure(
            code,
            message,
            progress: trailer(Trailers.progress).flatMap(Trailers.number),
            isAnswer: trailer(Trailers.answer) != nil
        )
    }

    /// The value of the first trailer of this name.
    private func trailer(_ name: String) -> String? {
        var length = 0
        guard let bytes = unsafe cgrpc_client_call_view_trailer(handle, name, &length) else {
            return nil
        }
        return unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: length),
            as: UTF8.self
        )
    }

    /// The beginning of C-core's own RESOURCE_EXHAUSTED; nothing else distinguishes it from a
    /// server's.
    ///
    /// Source: libgrpc 1.51.1, for headers and trailers alike.
    private static let metadataComplaint = "received initial metadata size exceeds limit"
}
