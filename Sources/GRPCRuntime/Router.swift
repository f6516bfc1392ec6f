/// One request in, one response out.
package typealias UnaryHandler =
    @Sendable ([UInt8], CallContext) async throws(RPCFailure) -> [UInt8]

/// One request in, any number of responses out.
package typealias StreamingHandler =
    @Sendable ([UInt8], CallContext, ResponseWriter) async throws(RPCFailure) -> Void

/// The methods that a server answers; every other one is UNIMPLEMENTED at once.
package struct Router: Sendable {
    enum Handler: Sendable {
        case unary(UnaryHandler)
        case streaming(StreamingHandler)
    }

    private var handlers: [String: Handler] = [:]
    private var interceptors: [Interceptor] = []

    package init() {}

    /// Adds a method by its full path, `/csi.v1.Identity/Probe`; a path is added once.
    package mutating func unary(_ method: String, _ handler: @escaping UnaryHandler) {
        add(method, .unary(handler))
    }

    /// Adds a method that answers with a stream; a path is added once.
    package mutating func streaming(_ method: String, _ handler: @escaping StreamingHandler) {
        add(method, .streaming(handler))
    }

    /// Puts an interceptor around every method, unary and streaming, whenever it is added.
    ///
    /// The first interceptor is the outermost one: it sees what the others refuse.
    package mutating func intercept(_ interceptor: @escaping Interceptor) {
        interceptors.append(interceptor)
    }

    func handler(of method: String) -> Handler? { handlers[method] }

    /// Runs a handler inside of the interceptors.
    func outcome(
        of handler: Handler,
        _ request: [UInt8],
        _ context: CallContext,
        _ writer: ResponseWriter
    ) async -> Outcome {
        var outcome: Outcome?
        do throws(RPCFailure) {
            try await run(interceptors[...], context) { () async throws(RPCFailure) in
                switch handler {
                case .unary(let answer): outcome = .response(try await answer(request, context))
                case .streaming(let answer):
                    try await answer(request, context, writer)
                    outcome = .endOfStream
                }
            }
        } catch {
            return .answer(error)
        }
        // Not final: who cannot say how the handler ended cannot say that nothing is left behind.
        return outcome ?? .answer(RPCFailure(.unavailable, "\(context.method) was not answered"))
    }

    private func run(
        _ interceptors: ArraySlice<Interceptor>,
        _ context: CallContext,
        _ handler: () async throws(RPCFailure) -> Void
    ) async throws(RPCFailure) {
        guard let first = interceptors.first else { return try await handler() }
        try await first(context) { () async throws(RPCFailure) in
            try await run(interceptors.dropFirst(), context, handler)
        }
    }

    private mutating func add(_ method: String, _ handler: Handler) {
        precondition(handlers[method] == nil, "\(method) has a handler already")
        handlers[method] = handler
    }
}
