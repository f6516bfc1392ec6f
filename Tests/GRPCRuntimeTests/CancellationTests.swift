import DriverCore
import GRPCRuntime
import Testing

@Suite(.timeLimit(.minutes(5)))
struct CancellationTests {
    /// A handler that waits for its own cancellation, and what became of it.
    private struct Waiting {
        let begun = Event()
        let cancelled = Event()
        let router: Router

        init() {
            var router = Router()
            router.unary(echo) { [begun, cancelled] request, _ in
                begun.happen()
                await waitForCancellation()
                cancelled.happen()
                return request
            }
            self.router = router
        }
    }

    @Test func `a client that cancels cancels the handler`() async throws {
        let folder = try TemporaryFolder()
        let waiting = Waiting()
        try await withServer(at: folder.endpoint, waiting.router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let call = Task { await channel.failure(of: echo) }
                await waiting.begun.wait()
                call.cancel()
                #expect(await call.value?.code == .cancelled)
                await waiting.cancelled.wait()
            }
        }
    }

    @Test func `a call of a cancelled task does not reach the handler`() async throws {
        let folder = try TemporaryFolder()
        let waiting = Waiting()
        try await withServer(at: folder.endpoint, waiting.router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let call = Task {
                    await waitForCancellation()
                    return await channel.failure(of: echo)
                }
                call.cancel()
                #expect(await call.value?.code == .cancelled)
            }
        }
    }

    @Test func `a deadline cancels the handler`() async throws {
        let folder = try TemporaryFolder()
        let waiting = Waiting()
        try await withServer(at: folder.endpoint, waiting.router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                // A deadline that passes before the handler begins shows nothing, and how long that
                // takes is up to the machine.
                for timeout in [1, 4, 16, 64] where !waiting.begun.hasHappened {
                    let failure = await channel.failure(of: echo, timeout: .seconds(timeout))
                    #expect(failure?.code == .deadlineExceeded)
                }
                await waiting.begun.wait()
                await waiting.cancelled.wait()
            }
        }
    }

    @Test func `a cancelled call leaves room for the next ones`() async throws {
        let folder = try TemporaryFolder()
        let begun = Event()
        var router = echoRouter()
        router.unary("/test.Echo/Wait") { request, _ in
            begun.happen()
            await waitForCancellation()
            return request
        }
        var configuration = ServerConfiguration(endpoints: [folder.endpoint])
        configuration.maximumConcurrentCalls = 1
        try await withServer(configuration, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let call = Task { await channel.failure(of: "/test.Echo/Wait") }
                await begun.wait()
                call.cancel()
                let response = try await channel.unary(echo, [1], timeout: patience)
                #expect(response == [1])
                #expect(await call.value?.code == .cancelled)
            }
        }
    }
}
