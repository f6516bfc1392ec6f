package import CSIMessages
import DriverCore
package import GRPCRuntime

/// CSI calls with typed requests and answers, over any channel; it never retries.
package struct CSIClient: Sendable {
    private let channel: Channel

    /// The channel stays the caller's to close.
    package init(channel: Channel) { self.channel = channel }

    /// Sends one request and waits for its answer; without a timeout it may wait for ever.
    package func call<Request: CSIRequest>(
        _ request: Request,
        timeout: Duration? = .seconds(60),
        headers: [(name: String, value: String)] = []
    ) async throws(RPCFailure) -> Request.Response {
        let bytes = try await channel.unary(
            Request.method,
            Self.encode(request),
            timeout: timeout,
            headers: headers
        )
        return try Self.decode(bytes, answering: Request.method)
    }

    /// Sends one request and passes on each response; the next is read when `onResponse` returns.
    ///
    /// What `onResponse` throws ends the call and is thrown, as CANCELLED unless it is an
    /// `RPCFailure`.
    package func stream<Request: CSIStreamRequest>(
        _ request: Request,
        timeout: Duration? = .seconds(60),
        onResponse: @Sendable (Request.Response) async throws -> Void
    ) async throws(RPCFailure) {
        try await channel.streaming(
            Request.method,
            Self.encode(request),
            timeout: timeout
        ) { bytes in
            try await onResponse(Self.decode(bytes, answering: Request.method))
        }
    }

    private static func encode(_ request: some CSIMessage) throws(RPCFailure) -> [UInt8] {
        do {
            return try request.encoded()
        } catch {
            throw RPCFailure(.invalidArgument, error.message)
        }
    }

    private static func decode<Response: CSIMessage>(_ bytes: [UInt8], answering method: String)
        throws(RPCFailure) -> Response
    {
        do {
            return try Response(decoding: bytes)
        } catch {
            throw RPCFailure(.internalError, "the response of \(method): \(error.message)")
        }
    }
}
