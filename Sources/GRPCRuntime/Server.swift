package import DriverCore

/// A gRPC server: bytes in, bytes out, each handler in a task of its own.
///
/// It listens from `init` on and answers from ``serve()`` on. On a unix path where another live
/// server listens, the new one takes over: its socket replaces the old one in one step, the old
/// server keeps its connections until it ends, and leaves the path alone when it does.
package final class Server: Sendable {
    /// The ports of the TCP endpoints, in their order, as the system chose them.
    package let boundPorts: [UInt16]
    /// The processes that listened at the unix sockets until then; 0 for a process of another namespace.
    package let replaced: [Int32]
    let router: Router
    /// Whether clients show certificates.
    let readsNames: Bool
    private let core: CoreServer
    private let queue: QueueThread
    private let sockets: [UnixSocketFile]
    private let lifecycle: ServerLifecycle

    /// Binds every endpoint, or throws and leaves nothing behind.
    package init(_ configuration: ServerConfiguration, router: Router) throws(DriverError) {
        let listener = try Listener(configuration)
        self.router = router
        core = listener.core
        queue = listener.queue
        sockets = listener.sockets
        boundPorts = listener.ports
        replaced = listener.replaced
        readsNames = configuration.tls?.authority != nil
        lifecycle = ServerLifecycle(maximumCalls: configuration.maximumConcurrentCalls)
    }

    deinit {
        // Whoever never served still gives back sockets, thread and memory.
        if !lifecycle.wasServed { Listener.abandon(core, queue, sockets) }
    }

    /// Answers calls until ``shutdown(grace:)``, waits for every call to end, and frees everything.
    ///
    /// Cancelling its task is a shutdown without grace. Called once.
    package func serve() async {
        let isFirst = lifecycle.beginServing()
        precondition(isFirst, "a server is served once")
        await withTaskCancellationHandler {
            async let _: Void = endGrace()
            go(on: lifecycle.firstStep())
            await lifecycle.waitUntilDrained()
            // Leaving the scope cancels the rest of the grace period and waits for its task.
        } onCancel: {
            shutdown(grace: .zero)
        }
        core.destroy()
        for socket in sockets { socket.close() }
        queue.stop()
        await queue.waitForEnd()
    }

    /// Stops listening; calls in flight have `grace` to end, then they are cancelled.
    ///
    /// Returns at once, on any thread; ``serve()`` returns when it is done. Only the first call has
    /// an effect.
    package func shutdown(grace: Duration) {
        guard lifecycle.beginShutdown(grace: grace) else { return }
        for socket in sockets { socket.withdraw() }
        core.shutdown { self.go(on: self.lifecycle.shutdownCompleted()) }
        lifecycle.beginGrace()
    }

    private func endGrace() async {
        // Cancelled when everything has drained, or by a caller that will not wait.
        try? await Task.sleep(for: await lifecycle.waitForGrace())
        core.cancelCalls()
    }

    // MARK: From the calls, on any thread

    /// A call has nothing in flight any more.
    func callEnded() { go(on: lifecycle.callEnded()) }

    private func go(on next: ServerLifecycle.Next) {
        switch next {
        case .nothing: break
        case .accept: accept()
        case .end: lifecycle.resumeDrained()
        }
    }

    private func accept() {
        let call = ServerCall(of: self)
        let isStarted = core.accept(into: call.core) { isAccepted in
            self.go(on: self.lifecycle.acceptCompleted(isAccepted))
            if isAccepted { call.begin() } else { call.core.destroy() }
        }
        if !isStarted {
            call.core.destroy()
            go(on: lifecycle.acceptCompleted(false))
        }
    }
}
