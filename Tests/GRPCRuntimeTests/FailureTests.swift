import DriverCore
import GRPCRuntime
import Testing

@Suite(.timeLimit(.minutes(5)))
struct FailureTests {
    @Test func `an unknown method is UNIMPLEMENTED`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(at: folder.endpoint) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                for method in ["/test.Echo/Other", "/csi.v1.Controller/CreateVolume", "nonsense"] {
                    let failure = await channel.failure(of: method)
                    #expect(failure?.code == .unimplemented)
                    #expect(failure?.message == "\(method) is not served here")
                }
            }
        }
    }

    @Test(arguments: StatusCode.allCases.filter { $0 != .ok })
    func `a handler's code and message reach the client`(code: StatusCode) async throws {
        let folder = try TemporaryFolder()
        let text = "volume ü is 100% full\nand \u{FFFD} says so"
        var router = Router()
        router.unary(echo) { _, _ throws(RPCFailure) in throw RPCFailure(code, text) }
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let failure = await channel.failure(of: echo)
                #expect(failure == RPCFailure(code, text, isAnswer: true))
            }
        }
    }

    @Test(arguments: ["", "a", "ab", "abc"])
    func `a long message is cut between characters`(prefix: String) async throws {
        let folder = try TemporaryFolder()
        let whole = prefix + String(repeating: "\u{1F4BE}", count: 5000)
        var router = Router()
        router.unary(echo) { _, _ throws(RPCFailure) in throw RPCFailure(.notFound, whole) }
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let failure = try #require(await channel.failure(of: echo))
                #expect(failure.code == .notFound)
                #expect(whole.hasPrefix(failure.message))
                #expect((2045...2048).contains(failure.message.utf8.count))
            }
        }
    }

    @Test func `trailers above the client's limit are UNAVAILABLE, not a full disk`() async throws {
        let folder = try TemporaryFolder()
        var router = Router()
        router.unary(echo) { _, _ throws(RPCFailure) in
            throw RPCFailure(.notFound, String(repeating: "x", count: 2000))
        }
        var options = ChannelOptions()
        options.maximumMetadataBytes = 1000
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint, options) { channel in
                let failure = await channel.failure(of: echo)
                #expect(failure?.code == .unavailable)
            }
        }
    }

    @Test func `a request above the limit is RESOURCE_EXHAUSTED and the server lives on`()
        async throws
    {
        let folder = try TemporaryFolder()
        var configuration = ServerConfiguration(endpoints: [folder.endpoint])
        configuration.maximumMessageBytes = 1 << 20
        try await withServer(configuration) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                for _ in 0..<3 {
                    let large = [UInt8](repeating: 1, count: 2 << 20)
                    let failure = await channel.failure(of: echo, large)
                    #expect(failure?.code == .resourceExhausted)
                    let fitting = [UInt8](repeating: 1, count: 1 << 20)
                    let response = try await channel.unary(echo, fitting, timeout: patience)
                    #expect(response == fitting)
                }
            }
        }
    }

    @Test func `a response above the client's limit fails and the channel lives on`() async throws {
        let folder = try TemporaryFolder()
        var router = echoRouter()
        router.unary("/test.Echo/Large") { _, _ in [UInt8](repeating: 0, count: 2 << 20) }
        var options = ChannelOptions()
        options.maximumMessageBytes = 1 << 20
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint, options) { channel in
                let failure = await channel.failure(of: "/test.Echo/Large")
                #expect(failure?.code == .resourceExhausted)
                let response = try await channel.unary(echo, [1], timeout: patience)
                #expect(response == [1])
            }
        }
    }

    @Test func `a closed channel refuses calls and ends those in flight`() async throws {
        let folder = try TemporaryFolder()
        let begun = Event()
        var router = Router()
        router.unary(echo) { request, _ in
            begun.happen()
            await waitForCancellation()
            return request
        }
        try await withServer(at: folder.endpoint, router) { _ in
            let channel = try Channel(to: folder.endpoint)
            async let pending = channel.failure(of: echo)
            await begun.wait()
            await channel.close()
            #expect(await pending?.code == .cancelled)
            #expect(await channel.failure(of: echo)?.code == .cancelled)
            await channel.close()
        }
    }
}
