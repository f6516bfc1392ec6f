import CGRPCShim

/// The channel arguments of one server or channel.
@safe struct TransportOptions: ~Copyable {
    let handle: OpaquePointer

    init() { unsafe handle = cgrpc_options_create() }

    deinit { unsafe cgrpc_options_destroy(handle) }

    borrowing func set(_ key: String, _ value: Int) {
        let isSet = unsafe cgrpc_options_set_integer(handle, key, Int32(clamping: value))
        precondition(isSet, "more options than cgrpc_options holds")
    }

    borrowing func set(_ key: String, _ text: String) {
        let isSet = unsafe cgrpc_options_set_text(handle, key, text)
        precondition(isSet, "more options than cgrpc_options holds")
    }

    /// Message limits in both directions, and keepalive pings of this side.
    borrowing func setShared(maximumMessageBytes: Int, keepalive: Keepalive?) {
        set("grpc.max_receive_message_length", maximumMessageBytes)
        set("grpc.max_send_message_length", maximumMessageBytes)
        guard let keepalive else { return }
        set("grpc.keepalive_time_ms", keepalive.interval.milliseconds)
        set("grpc.keepalive_timeout_ms", keepalive.timeout.milliseconds)
        set("grpc.keepalive_permit_without_calls", keepalive.withoutCalls ? 1 : 0)
        // C-core stops pinging after two without data otherwise, which is what keepalive is for.
        set("grpc.http2.max_pings_without_data", 0)
    }
}

extension Duration {
    /// Whole milliseconds, at least one.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let whole = seconds.multipliedReportingOverflow(by: 1000)
        guard !whole.overflow else { return seconds < 0 ? 1 : .max }
        return max(1, Int(whole.partialValue) + Int(attoseconds / 1_000_000_000_000_000))
    }

    /// Nanoseconds, `Int64.max` where they do not fit.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let sum = whole.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000)
        return whole.overflow || sum.overflow ? .max : sum.partialValue
    }
}
