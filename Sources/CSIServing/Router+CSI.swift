package import CSIMessages
package import DriverCore
package import GRPCRuntime

/// A handler of one CSI method, in domain terms.
package typealias CSIHandler<Request: CSIRequest> =
    @Sendable (Request, CallContext) async throws(DriverError) -> Request.Response

/// A handler of one CSI method that answers with a stream.
package typealias CSIStreamHandler<Request: CSIStreamRequest> =
    @Sendable (Request, CallContext, StreamWriter<Request.Response>) async throws(DriverError) ->
    Void

/// The way of a streaming handler to its client.
///
/// Used by the handler only, one write after the other, and not after the handler has returned.
package struct StreamWriter<Response: CSIMessage>: Sendable {
    private let writer: ResponseWriter

    init(_ writer: ResponseWriter) { self.writer = writer }

    /// Sends one message; returns when flow control has taken it, so a slow client slows the
    /// handler down.
    ///
    /// Throws `cancelled` when the client is gone.
    package func write(_ response: Response) async throws(DriverError) {
        let bytes = try response.encoded()
        do throws(RPCFailure) {
            try await writer.write(bytes)
        } catch {
            throw DriverError(error)
        }
    }
}

extension Router {
    /// Serves one method: decode, handle, encode.
    package mutating func serve<Request: CSIRequest & LoggedRequest>(
        _ request: Request.Type,
        _ handler: @escaping CSIHandler<Request>
    ) {
        unary(Request.method) { (bytes, context) async throws(RPCFailure) in
            try await Self.handling(request, bytes, context) {
                (request) async throws(DriverError) in
                try await handler(request, context).encoded()
            }
        }
    }

    /// Serves a method whose handler needs only the request.
    package mutating func serve<Request: CSIRequest & LoggedRequest>(
        _ request: Request.Type,
        _ handler: @escaping @Sendable (Request) async throws(DriverError) -> Request.Response
    ) {
        serve(request) { (request, _) async throws(DriverError) in try await handler(request) }
    }

    /// Serves one method that answers with a stream.
    package mutating func serveStream<Request: CSIStreamRequest & LoggedRequest>(
        _ request: Request.Type,
        _ handler: @escaping CSIStreamHandler<Request>
    ) {
        streaming(Request.method) { (bytes, context, writer) async throws(RPCFailure) in
            try await Self.handling(request, bytes, context) {
                (request) async throws(DriverError) in
                try await handler(request, context, StreamWriter(writer))
            }
        }
    }

    /// Decodes the request and runs `body`; notes for the log what came in and what went wrong.
    private static func handling<Request: CSIMessage & LoggedRequest, Result>(
        _ request: Request.Type,
        _ bytes: [UInt8],
        _ context: CallContext,
        _ body: (Request) async throws(DriverError) -> Result
    ) async throws(RPCFailure) -> Result {
        context.note {
            $0.isRoutine = Request.isRoutine
            $0.isLookUp = Request.isLookUp
        }
        do throws(DriverError) {
            let request = try Request(decoding: bytes)
            context.note { $0.fields += request.logFields }
            return try await body(request)
        } catch {
            context.note { $0.error = error }
            throw RPCFailure(error)
        }
    }
}
