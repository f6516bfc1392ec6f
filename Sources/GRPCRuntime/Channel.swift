package import DriverCore
import Synchronization

/// A client's connection to one server, made when the first call needs it and again when it is
/// lost.
///
/// A call is sent once; the caller decides about retries.
package final class Channel: Sendable {
    private struct State {
        var isClosed = false
        var calls: [ObjectIdentifier: CoreClientCall] = [:]
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let core: CoreChannel
    private let credentials: ClientCredentials
    private let queue: QueueThread
    private let waitsForReady: Bool
    private let state = Mutex(State())

    /// Connects to nothing yet; throws when the TLS files are unusable.
    package init(to endpoint: Endpoint, options: ChannelOptions = ChannelOptions())
        throws(DriverError)
    {
        if case .unix(let path) = endpoint { try UnixSocketFile.checkLength(of: path) }
        credentials = try ClientCredentials.acquire(options.tls, refresh: options.tlsRefresh)
        do throws(DriverError) {
            queue = try ClientQueue.acquire()
        } catch {
            credentials.release()
            throw error
        }
        waitsForReady = options.waitsForReady
        core = CoreChannel(
            to: Self.target(endpoint),
            options: Self.arguments(endpoint, options),
            credentials: credentials.credentials
        )
    }

    deinit {
        // Every call holds the channel, so none is left; close() has freed the rest or was not used.
        if !state.withLock({ $0.isClosed }) { free() }
    }

    /// Sends one request and waits for the one response.
    ///
    /// Cancelling the task cancels the call; without a timeout a call may wait for ever. The names of
    /// headers are in lower case, and their values are printable ASCII.
    package func unary(
        _ method: String,
        _ request: [UInt8],
        timeout: Duration?,
        headers: [(name: String, value: String)] = []
    ) async throws(RPCFailure) -> [UInt8] {
        let call = try open(method, timeout)
        call.set(headers)
        let isDone = await withTaskCancellationHandler {
            await call.unary(request)
        } onCancel: {
            call.cancel()
        }
        defer { ended(call) }
        guard isDone else { throw Self.refused(method) }
        if let failure = call.failure() { throw failure }
        guard let response = call.response() else {
            throw RPCFailure(.internalError, "the response of \(method) is OK but has no message")
        }
        return response
    }

    /// Sends one request and passes on each response; the next is read when `onMessage` returns.
    ///
    /// What `onMessage` throws cancels the call and is thrown, as CANCELLED unless it is a failure
    /// of an RPC.
    package func streaming(
        _ method: String,
        _ request: [UInt8],
        timeout: Duration?,
        onMessage: @Sendable ([UInt8]) async throws -> Void
    ) async throws(RPCFailure) {
        let call = try open(method, timeout)
        let (isDone, thrown) = await withTaskCancellationHandler {
            let thrown = await Self.read(call, request, onMessage)
            return (await call.receiveStatus(), thrown)
        } onCancel: {
            call.cancel()
        }
        defer { ended(call) }
        if let thrown { throw thrown }
        guard isDone else { throw Self.refused(method) }
        if let failure = call.failure() { throw failure }
    }

    /// Refuses new calls, cancels those in flight, waits for them, and frees everything.
    ///
    /// Idempotent.
    package func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                for call in state.calls.values { call.cancel() }
                if !state.calls.isEmpty { state.closers.append(continuation) }
                return state.calls.isEmpty
            }
            if isIdle { continuation.resume() }
        }
        if isFirst { free() }
    }

    private func free() {
        core.destroy()
        ClientQueue.release()
        credentials.release()
    }

    private static func read(
        _ call: CoreClientCall,
        _ request: [UInt8],
        _ onMessage: @Sendable ([UInt8]) async throws -> Void
    ) async -> RPCFailure? {
        guard await call.stream(request) else { return nil }
        while let message = await call.nextMessage() {
            do {
                try await onMessage(message)
            } catch {
                call.cancel()
                return error as? RPCFailure ?? RPCFailure(.cancelled, "\(error)")
            }
        }
        return nil
    }

    private func open(_ method: String, _ timeout: Duration?) throws(RPCFailure) -> CoreClientCall {
        let call = state.withLock { state -> CoreClientCall? in
            guard !state.isClosed else { return nil }
            let call = core.call(
                method,
                on: queue,
                timeout: timeout,
                waitsForReady: waitsForReady
            )
            state.calls[ObjectIdentifier(call)] = call
            return call
        }
        guard let call else { throw RPCFailure(.cancelled, "\(method): the channel is closed") }
        return call
    }

    private func ended(_ call: CoreClientCall) {
        let closers = state.withLock { state in
            state.calls[ObjectIdentifier(call)] = nil
            call.destroy()
            let closers = state.calls.isEmpty ? state.closers : []
            if state.calls.isEmpty { state.closers = [] }
            return closers
        }
        for closer in closers { closer.resume() }
    }

    private static func refused(_ method: String) -> RPCFailure {
        RPCFailure(.internalError, "C-core refused to start \(method)")
    }
}
