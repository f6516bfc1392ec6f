/// The way of a streaming handler to its client.
///
/// Used by the handler only, one write after the other, and not after the handler has returned.
package struct ResponseWriter: Sendable {
    private let call: ServerCall

    init(_ call: ServerCall) { self.call = call }

    /// Sends one message; returns when flow control has taken it, so a slow client slows the
    /// handler down.
    ///
    /// Throws CANCELLED when the client is gone.
    package func write(_ message: [UInt8]) async throws(RPCFailure) {
        try await call.send(message)
    }
}
