import Synchronization

/// One call from its acceptance until C-core has nothing of it in flight.
///
/// It counts its holders: each operation in flight, and each thread or task that is about to start
/// one. The last one to let go destroys the C-core call and tells the server.
final class ServerCall: Sendable {
    private struct State {
        /// The first holder is the acceptance, and later the handler.
        var holders = 1
        var handler: Task<Void, Never>?
        var isCancelled = false
        var hasSentHeaders = false
        var isSending = false
        var isFinished = false
        /// Set when the call ends while a message is on its way.
        var outcome: Outcome?

        /// Whether the next send carries the headers.
        mutating func takeHeaders() -> Bool {
            defer { hasSentHeaders = true }
            return !hasSentHeaders
        }
    }

    let core = CoreServerCall()
    private let server: Server
    private let state = Mutex(State())

    init(of server: Server) { self.server = server }

    // MARK: Queue thread

    /// Takes up an accepted call: watches for its end, receives the request, starts the handler.
    func begin() {
        let method = core.method
        watchEnd()
        guard let handler = server.router.handler(of: method) else {
            finish(.failure(RPCFailure(.unimplemented, "\(method) is not served here")))
            return release()
        }
        let isReceiving = core.receive { _ in
            self.start { await self.outcome(of: method, handler) }
        }
        if !isReceiving {
            finish(
                .failure(RPCFailure(.internalError, "the request of \(method) cannot be received"))
            )
            release()
        }
    }

    /// Runs the handler in a task of its own.
    ///
    /// It is no child of the serving task: the end of the call must cancel it and the end of
    /// serving must not, because calls in flight have their grace period. ``Server/serve()`` waits
    /// for it by the count of calls, which costs less than a second hop through a task group.
    private func start(_ body: @escaping @Sendable () async -> Outcome) {
        let handler = Task {
            finish(await body())
            release()
        }
        // The call's end comes on this thread too: it finds the handler, or came before.
        state.withLock { $0.handler = handler }
    }

    private func watchEnd() {
        state.withLock { $0.holders += 1 }
        let isWatching = core.watchEnd { wasCancelled in
            let handler = self.state.withLock { state in
                state.isCancelled = wasCancelled
                return state.handler.take()
            }
            if wasCancelled { handler?.cancel() }
            self.release()
        }
        if !isWatching { release() }
    }

    // MARK: Handler's side

    private func outcome(of method: String, _ handler: Router.Handler) async -> Outcome {
        guard !state.withLock({ $0.isCancelled }) else {
            return .failure(RPCFailure(.cancelled, "the call was cancelled before it began"))
        }
        // C-core itself has refused a request above the limit, with RESOURCE_EXHAUSTED; none is
        // left over from that or from a client that sent none. Source: doc/statuscodes.md of gRPC,
        // "cardinality".
        guard let request = core.request() else {
            return .failure(
                RPCFailure(.unimplemented, "\(method) needs one request; the caller sent none")
            )
        }
        let names = server.readsNames ? core.certificateNames : []
        let context = CallContext(
            method: method,
            peer: Peer(address: core.peerAddress, certificateNames: names),
            deadline: core.deadline,
            header: header
        )
        return await server.router.outcome(of: handler, request, context, ResponseWriter(self))
    }

    /// A header of the request; nil once the call is over, where its context has outlived it.
    private func header(_ name: String) -> String? {
        let isHeld = state.withLock { state in
            if state.holders > 0 { state.holders += 1 }
            return state.holders > 0
        }
        guard isHeld else { return nil }
        defer { release() }
        return core.header(name)
    }

    /// Sends one message of a stream and waits until flow control has taken it.
    func send(_ message: [UInt8]) async throws(RPCFailure) {
        let isFirst = state.withLock { state -> Bool? in
            guard !state.isSending, !state.isFinished else { return nil }
            state.isSending = true
            // The operation and this task.
            state.holders += 2
            return state.takeHeaders()
        }
        guard let isFirst else {
            throw RPCFailure(.cancelled, "the stream cannot take a message now")
        }
        let isSent = await withCheckedContinuation { continuation in
            let completion: @Sendable (Bool) -> Void = { isSent in
                self.sendCompleted()
                continuation.resume(returning: isSent)
            }
            if !core.send(message, isFirst: isFirst, then: completion) { completion(false) }
        }
        release()
        if !isSent { throw RPCFailure(.cancelled, "the client has disconnected") }
    }

    private func sendCompleted() {
        let outcome = state.withLock { state -> Outcome? in
            state.isSending = false
            if state.outcome != nil { state.holders += 1 }
            return state.outcome.take()
        }
        if let outcome { startFinish(outcome, isFirst: false) }
        release()
    }

    /// Sends how the call ends, after the message that may be on its way.
    ///
    /// The first outcome counts.
    private func finish(_ outcome: Outcome) {
        let isFirst = state.withLock { state -> Bool? in
            guard !state.isFinished else { return nil }
            state.isFinished = true
            guard !state.isSending else {
                state.outcome = outcome
                return nil
            }
            state.holders += 1
            return state.takeHeaders()
        }
        if let isFirst { startFinish(outcome, isFirst: isFirst) }
    }

    /// Starts outside the lock: it writes to the socket, and the queue's thread takes the lock.
    private func startFinish(_ outcome: Outcome, isFirst: Bool) {
        if !core.finish(outcome, isFirst: isFirst, then: { _ in self.release() }) { release() }
    }

    private func release() {
        let isLast = state.withLock { state in
            state.holders -= 1
            return state.holders == 0
        }
        guard isLast else { return }
        core.destroy()
        server.callEnded()
    }
}
