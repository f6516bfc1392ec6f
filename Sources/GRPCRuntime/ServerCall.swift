import Synchronization

/// One call from its acceptance until C-core has nothing of it in flight.
///
/// It counts its holders: each operation in flight, and whoever runs the handler. The last one to
/// let go destroys the C-core call and tells the server.
final class ServerCall: Sendable {
    private struct State {
        var holders = 1
        var handler: Task<Void, Never>?
        var isCancelled = false
        var hasSentHeaders = false
        var isSending = false
        var isFinished = false
    }

    let core = CoreServerCall()
    private let server: Server
    private let state = Mutex(State())

    init(of server: Server) { self.server = server }

    // MARK: Queue thread

    /// Takes up an accepted call: watches for its end, receives the request, hands the call over.
    func begin() {
        watchEnd()
        let method = core.method
        guard let handler = server.router.handler(of: method) else {
            finish(.failure(RPCFailure(.unimplemented, "\(method) is not served here")))
            release()
            return
        }
        let isReceiving = core.receive { _ in
            self.server.handOver(AcceptedCall(call: self, method: method, handler: handler))
        }
        if !isReceiving { release() }
    }

    private func watchEnd() {
        hold()
        let isWatching = core.watchEnd { wasCancelled in
            if wasCancelled { self.cancelHandler() }
            self.release()
        }
        if !isWatching { release() }
    }

    private func cancelHandler() {
        let handler = state.withLock { state in
            state.isCancelled = true
            return state.handler
        }
        handler?.cancel()
    }

    // MARK: Handler's side

    /// Runs the handler to its end and sends what comes of it.
    ///
    /// The handler has a task of its own: the call's end must cancel it, and the cancellation of
    /// the task that serves must not, because calls in flight have their grace period.
    func run(_ body: @escaping @Sendable () async -> Outcome) async {
        let handler = Task { finish(await body()) }
        let isCancelled = state.withLock { state in
            state.handler = handler
            return state.isCancelled
        }
        if isCancelled { handler.cancel() }
        await handler.value
        state.withLock { $0.handler = nil }
        release()
    }

    func send(_ message: [UInt8]) async throws(RPCFailure) {
        let isSent = await withCheckedContinuation { continuation in
            let isStarted = state.withLock { state in
                guard !state.isSending, !state.isFinished else { return false }
                let isStarted = core.send(message, isFirst: !state.hasSentHeaders) { isSent in
                    self.state.withLock { $0.isSending = false }
                    continuation.resume(returning: isSent)
                    self.release()
                }
                guard isStarted else { return false }
                state.holders += 1
                state.isSending = true
                state.hasSentHeaders = true
                return true
            }
            if !isStarted { continuation.resume(returning: false) }
        }
        if !isSent { throw RPCFailure(.cancelled, "the client is gone") }
    }

    private func finish(_ outcome: Outcome) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            let isStarted = core.finish(outcome, isFirst: !state.hasSentHeaders) { _ in
                self.release()
            }
            if isStarted { state.holders += 1 }
        }
    }

    // MARK: Holders

    private func hold() { state.withLock { $0.holders += 1 } }

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

/// A call with its request received, on its way to a task.
struct AcceptedCall: Sendable {
    let call: ServerCall
    let method: String
    let handler: Router.Handler

    func run(readsNames: Bool) async {
        let core = call.core
        let names = readsNames ? core.certificateNames : []
        let context = CallContext(
            method: method,
            peer: Peer(address: core.peerAddress, certificateNames: names),
            deadline: core.deadline
        )
        let request = core.request()
        await call.run {
            guard let request else { return .failure(noRequest) }
            guard !Task.isCancelled else { return .failure(RPCFailure(.cancelled, "cancelled")) }
            return await outcome(request, context)
        }
    }

    private func outcome(_ request: [UInt8], _ context: CallContext) async -> Outcome {
        do throws(RPCFailure) {
            switch handler {
            case .unary(let handler):
                return .response(try await handler(request, context))
            case .streaming(let handler):
                try await handler(request, context, ResponseWriter(call))
                return .endOfStream
            }
        } catch {
            return .failure(error)
        }
    }

    /// C-core itself has refused a request above the limit, with RESOURCE_EXHAUSTED; this reaches
    /// only a client that sent no message at all.
    ///
    /// Source: doc/statuscodes.md, "cardinality".
    private var noRequest: RPCFailure {
        RPCFailure(.unimplemented, "\(method) takes one request message, and none came")
    }
}
