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

    package init() {}

    /// Adds a method by its full path, `/csi.v1.Identity/Probe`; a path is added once.
    package mutating func unary(_ method: String, _ handler: @escaping UnaryHandler) {
        add(method, .unary(handler))
    }

    /// Adds a method that answers with a stream; a path is added once.
    package mutating func streaming(_ method: String, _ handler: @escaping StreamingHandler) {
        add(method, .streaming(handler))
    }

    /// Tells how each unary call of the methods added so far ended, and how long it took.
    package mutating func observe(
        _ ended: @escaping @Sendable (_ method: String, StatusCode, Duration) -> Void
    ) {
        for (method, handler) in handlers {
            guard case .unary(let answer) = handler else { continue }
            handlers[method] = .unary { (bytes, context) async throws(RPCFailure) in
                let started = ContinuousClock.now
                do throws(RPCFailure) {
                    let response = try await answer(bytes, context)
                    ended(method, .ok, .now - started)
                    return response
                } catch {
                    ended(method, error.code, .now - started)
                    throw error
                }
            }
        }
    }

    func handler(of method: String) -> Handler? { handlers[method] }

    private mutating func add(_ method: String, _ handler: Handler) {
        precondition(handlers[method] == nil, "\(method) has a handler already")
        handlers[method] = handler
    }
}
