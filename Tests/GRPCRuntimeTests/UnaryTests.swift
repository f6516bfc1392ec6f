import DriverCore
import GRPCRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct UnaryTests {
    @Test func `a response comes back over a unix socket`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(at: folder.endpoint) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                for size in [0, 1, 23, 24, 1000, 3 << 20] {
                    let request = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                    let response = try await channel.unary(echo, request, timeout: patience)
                    #expect(response == request)
                }
            }
        }
        #expect(folder.names.isEmpty)
    }

    @Test func `a response comes back over TCP on a port of the system's choice`() async throws {
        let configuration = ServerConfiguration(endpoints: [.tcp(host: "127.0.0.1", port: 0)])
        try await withServer(configuration) { server in
            let port = try #require(server.boundPorts.first)
            try await withChannel(to: .tcp(host: "127.0.0.1", port: port)) { channel in
                let response = try await channel.unary(echo, [1, 2], timeout: patience)
                #expect(response == [1, 2])
            }
        }
    }

    @Test func `64 calls at once all come back`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(at: folder.endpoint) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in UInt8(0)..<64 {
                        group.addTask {
                            try await channel.unary(echo, [index], timeout: patience) == [index]
                        }
                    }
                    for try await isEqual in group { #expect(isEqual) }
                }
            }
        }
    }

    @Test func `calls above the limit wait and are not refused`() async throws {
        let folder = try TemporaryFolder()
        let gauge = Gauge()
        let atLimit = Event()
        var router = Router()
        router.unary(echo) { request, _ in
            gauge.enter()
            if gauge.highest == 3 { atLimit.happen() }
            await atLimit.wait()
            gauge.leave()
            return request
        }
        var configuration = ServerConfiguration(endpoints: [folder.endpoint])
        configuration.maximumConcurrentCalls = 3
        try await withServer(configuration, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<12 {
                        group.addTask { _ = try await channel.unary(echo, [], timeout: patience) }
                    }
                    try await group.waitForAll()
                }
            }
        }
        #expect(gauge.highest == 3)
    }

    @Test func `the handler knows its method, its peer and its deadline`() async throws {
        let folder = try TemporaryFolder()
        var router = Router()
        router.unary(echo) { _, context in
            // The wire rounds a timeout up.
            let latest = ContinuousClock.now + patience * 2
            let deadline = context.deadline.map { $0 > .now && $0 < latest } ?? false
            return Array("\(context.method) \(context.peer.address) \(deadline)".utf8)
        }
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let timed = try await channel.unary(echo, [], timeout: patience)
                #expect(String(decoding: timed, as: UTF8.self) == "/test.Echo/Echo unix: true")
                let endless = try await channel.unary(echo, [], timeout: nil)
                #expect(String(decoding: endless, as: UTF8.self) == "/test.Echo/Echo unix: false")
            }
        }
    }

    @Test func `the handler reads the headers of its call, and nobody does afterwards`()
        async throws
    {
        let folder = try TemporaryFolder()
        let escaped = Mutex<CallContext?>(nil)
        var router = Router()
        router.unary(echo) { request, context in
            escaped.withLock { $0 = context }
            let name = String(decoding: request, as: UTF8.self)
            return Array((context.header(name) ?? "none").utf8)
        }
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let known = try await channel.unary(
                    echo,
                    Array("user-agent".utf8),
                    timeout: patience
                )
                #expect(String(decoding: known, as: UTF8.self).utf8.starts(with: "grpc-c/".utf8))
                let other = try await channel.unary(echo, Array("user".utf8), timeout: patience)
                #expect(String(decoding: other, as: UTF8.self) == "none")
            }
        }
        // Taken out, because the handler would hold its own server for ever.
        let context = try #require(escaped.withLock { $0.take() })
        #expect(context.header("user-agent") == nil)
    }

    @Test func `a client's own headers reach the handler`() async throws {
        let folder = try TemporaryFolder()
        var router = Router()
        router.unary(echo) { _, context in
            Array("\(context.header("first") ?? "") \(context.header("second") ?? "")".utf8)
        }
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let headers = [(name: "first", value: "a b"), (name: "second", value: "c")]
                for _ in 0..<3 {
                    let answer = try await channel.unary(
                        echo,
                        [],
                        timeout: patience,
                        headers: headers
                    )
                    #expect(String(decoding: answer, as: UTF8.self) == "a b c")
                }
                let none = try await channel.unary(echo, [], timeout: patience)
                #expect(String(decoding: none, as: UTF8.self) == " ")
            }
        }
    }

    @Test func `a call waits for a server that starts later, when asked to`() async throws {
        let folder = try TemporaryFolder()
        let endpoint = folder.endpoint
        try await withChannel(to: endpoint) { channel in
            let failure = await channel.failure(of: echo)
            #expect(failure?.code == .unavailable)
        }
        var options = ChannelOptions()
        options.waitsForReady = true
        try await withChannel(to: endpoint, options) { channel in
            let call = Task { try await channel.unary(echo, [7], timeout: patience) }
            try await withServer(at: endpoint) { _ in
                let bytes = try await call.value
                #expect(bytes == [7])
            }
        }
    }
}
