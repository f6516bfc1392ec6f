import DriverCore
import GRPCRuntime
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ShutdownTests {
    @Test func `a call in flight ends well within its grace`() async throws {
        let folder = try TemporaryFolder()
        let (begun, mayEnd) = (Event(), Event())
        var router = Router()
        router.unary(echo) { request, _ in
            begun.happen()
            await mayEnd.wait()
            return Task.isCancelled ? [] : request
        }
        let server = try Server(ServerConfiguration(endpoints: [folder.endpoint]), router: router)
        async let served: Void = server.serve()
        try await withChannel(to: folder.endpoint) { channel in
            async let response = channel.unary(echo, [9], timeout: patience)
            await begun.wait()
            server.shutdown(grace: patience)
            server.shutdown(grace: .zero)
            #expect(folder.names.isEmpty)
            try await withChannel(to: folder.endpoint) { late in
                #expect(await late.failure(of: echo)?.code == .unavailable)
            }
            mayEnd.happen()
            let bytes = try await response
            #expect(bytes == [9])
        }
        await served
    }

    @Test func `a call that outlives its grace is cancelled`() async throws {
        let folder = try TemporaryFolder()
        let begun = Event()
        var router = Router()
        router.unary(echo) { request, _ in
            begun.happen()
            await waitForCancellation()
            return request
        }
        let server = try Server(ServerConfiguration(endpoints: [folder.endpoint]), router: router)
        let serving = Task { await server.serve() }
        try await withChannel(to: folder.endpoint) { channel in
            async let failure = channel.failure(of: echo)
            await begun.wait()
            server.shutdown(grace: .milliseconds(1))
            await serving.value
            let code = try #require(await failure?.code)
            #expect([.cancelled, .unavailable].contains(code))
        }
    }

    @Test func `serving ends only when the last handler has ended`() async throws {
        let folder = try TemporaryFolder()
        let (begun, mayEnd) = (Event(), Event())
        var router = Router()
        router.unary(echo) { request, _ in
            begun.happen()
            await mayEnd.wait()
            return request
        }
        let server = try Server(ServerConfiguration(endpoints: [folder.endpoint]), router: router)
        async let served: Void = server.serve()
        try await withChannel(to: folder.endpoint) { channel in
            async let failure = channel.failure(of: echo)
            await begun.wait()
            server.shutdown(grace: .zero)
            #expect(await failure != nil)
        }
        mayEnd.happen()
        await served
        server.shutdown(grace: .zero)
    }

    @Test func `cancelling the serving task is a shutdown`() async throws {
        let folder = try TemporaryFolder()
        let begun = Event()
        var router = Router()
        router.unary(echo) { request, _ in
            begun.happen()
            await waitForCancellation()
            return request
        }
        let server = try Server(ServerConfiguration(endpoints: [folder.endpoint]), router: router)
        let serving = Task { await server.serve() }
        try await withChannel(to: folder.endpoint) { channel in
            async let failure = channel.failure(of: echo)
            await begun.wait()
            serving.cancel()
            await serving.value
            #expect(await failure != nil)
        }
    }

    @Test func `a server that was shut down before it serves ends at once`() async throws {
        let folder = try TemporaryFolder()
        let server = try Server(
            ServerConfiguration(endpoints: [folder.endpoint]),
            router: echoRouter()
        )
        server.shutdown(grace: patience)
        await server.serve()
        #expect(folder.names.isEmpty)
    }

    @Test func `a server that never serves gives everything back`() async throws {
        let folder = try TemporaryFolder()
        for isShutDown in [false, true, false] {
            let server = try Server(
                ServerConfiguration(endpoints: [folder.endpoint, .tcp(host: "127.0.0.1", port: 0)]),
                router: echoRouter()
            )
            #expect(folder.names == ["s.sock"])
            if isShutDown { server.shutdown(grace: .zero) }
        }
        #expect(folder.names.isEmpty)
    }

    @Test func `shutdowns at any moment under load end well`() async throws {
        let folder = try TemporaryFolder()
        for round in 0..<30 {
            let server = try Server(
                ServerConfiguration(endpoints: [folder.endpoint]),
                router: echoRouter()
            )
            async let served: Void = server.serve()
            try await withChannel(to: folder.endpoint) { channel in
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<16 {
                        group.addTask {
                            for _ in 0..<round {
                                _ = try? await channel.unary(echo, [1], timeout: patience)
                            }
                        }
                    }
                    group.addTask { server.shutdown(grace: .milliseconds(round % 3)) }
                }
            }
            await served
        }
    }
}
