import CGRPCShim

/// The owner of one call as C-core's server sees it.
///
/// Every operation that was started must complete before ``destroy()``.
@safe final class CoreServerCall: Sendable {
    // Sound to share: sends are serialised by ServerCall, receives are started once each, and the
    // handle is destroyed by whoever lets go last.
    nonisolated(unsafe) let handle: OpaquePointer

    init() { unsafe handle = cgrpc_server_call_create() }

    func destroy() { unsafe cgrpc_server_call_destroy(handle) }

    var method: String {
        var length = 0
        let bytes = unsafe cgrpc_server_call_view_method(handle, &length)
        return unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: length),
            as: UTF8.self
        )
    }

    var deadline: ContinuousClock.Instant? {
        let left = unsafe cgrpc_server_call_nanoseconds_left(handle)
        return left == .max ? nil : .now + .nanoseconds(left)
    }

    var peerAddress: String {
        // Longest: a unix path of 107 bytes with its scheme.
        unsafe String(unsafeUninitializedCapacity: 128) { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { buffer in
                guard let start = buffer.baseAddress else { return 0 }
                return unsafe cgrpc_server_call_copy_peer(handle, start, buffer.count)
            }
        }
    }

    /// The subject alternative names of the client's certificate.
    var certificateNames: [String] {
        var names: [String] = []
        var length = 0
        while let name = unsafe cgrpc_server_call_view_name(handle, names.count, &length) {
            let bytes = unsafe UnsafeRawBufferPointer(start: name, count: length)
            names.append(unsafe String(decoding: bytes, as: UTF8.self))
        }
        return names
    }

    /// The value of the first header of this name.
    func header(_ name: String) -> String? {
        var length = 0
        guard let bytes = unsafe cgrpc_server_call_view_header(handle, name, &length) else {
            return nil
        }
        return unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: length),
            as: UTF8.self
        )
    }

    func receive(then completion: @escaping @Sendable (Bool) -> Void) -> Bool {
        unsafe PendingOperation.start(
            { unsafe cgrpc_server_call_start_receive(handle, $0) },
            then: completion
        )
    }

    /// The received request; nil when the client sent none, or one above the limit.
    func request() -> [UInt8]? {
        guard unsafe cgrpc_server_call_has_request(handle) else { return nil }
        let length = unsafe cgrpc_server_call_request_length(handle)
        return unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            if let start = buffer.baseAddress {
                unsafe cgrpc_server_call_copy_request(handle, start)
            }
            count = length
        }
    }

    /// The completion tells whether the call was cancelled.
    func watchEnd(then completion: @escaping @Sendable (_ wasCancelled: Bool) -> Void) -> Bool {
        unsafe PendingOperation.start(
            { unsafe cgrpc_server_call_start_watch_end(handle, $0) },
            then: { _ in completion(unsafe cgrpc_server_call_was_cancelled(self.handle)) }
        )
    }

    func send(
        _ bytes: [UInt8],
        isFirst: Bool,
        then completion: @escaping @Sendable (Bool) -> Void
    ) -> Bool {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe PendingOperation.start(
                {
                    unsafe cgrpc_server_call_start_send(
                        handle,
                        buffer.baseAddress,
                        buffer.count,
                        isFirst,
                        $0
                    )
                },
                then: completion
            )
        }
    }

    func finish(
        _ outcome: Outcome,
        isFirst: Bool,
        then completion: @escaping @Sendable (Bool) -> Void
    ) -> Bool {
        for (name, value) in outcome.trailers {
            let isSet = unsafe cgrpc_server_call_set_trailer(handle, name, value)
            precondition(isSet, "more trailers than a call holds")
        }
        return unsafe outcome.message.withUnsafeBufferPointer { message in
            unsafe (outcome.response ?? []).withUnsafeBufferPointer { response in
                var parts = unsafe cgrpc_outcome(
                    code: outcome.code.rawValue,
                    message: message.baseAddress,
                    message_length: message.count,
                    has_response: outcome.response != nil,
                    response: response.baseAddress,
                    response_length: response.count,
                    is_first: isFirst
                )
                return unsafe PendingOperation.start(
                    { unsafe cgrpc_server_call_start_finish(handle, &parts, $0) },
                    then: completion
                )
            }
        }
    }
}

/// How a call ends: a status, and a response where the status is OK and the call unary.
struct Outcome: Sendable {
    let code: StatusCode
    let message: [UInt8]
    let response: [UInt8]?
    var trailers: [(name: String, value: String)] = []

    static func response(_ bytes: [UInt8]) -> Outcome {
        Outcome(code: .ok, message: [], response: bytes)
    }

    static let endOfStream = Outcome(code: .ok, message: [], response: nil)

    /// The outcome of a call that no handler has answered.
    ///
    /// A failure with code OK would tell a client that all is well without any response.
    static func failure(_ failure: RPCFailure) -> Outcome {
        let code = failure.code == .ok ? .unknown : failure.code
        return Outcome(code: code, message: failure.wireMessage, response: nil)
    }

    /// The outcome of a call whose handler has thrown.
    static func answer(_ failure: RPCFailure) -> Outcome {
        var outcome = Outcome.failure(failure)
        outcome.trailers = Trailers.of(failure)
        return outcome
    }
}
