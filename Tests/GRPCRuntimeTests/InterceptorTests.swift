import GRPCRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct InterceptorTests {
    private static let count = "/test.Count/Count"

    /// What happened, in order.
    private final class Trace: Sendable {
        private let steps = Mutex<[String]>([])

        func add(_ step: String) { steps.withLock { $0.append(step) } }

        var all: [String] { steps.withLock(\.self) }

        /// Writes down when it is entered and how it is left.
        func interceptor(_ name: String) -> Interceptor {
            { (context, next) async throws(RPCFailure) in
                self.add("\(name) in \(context.method)")
                do throws(RPCFailure) {
                    try await next()
                    self.add("\(name) OK")
                } catch {
                    self.add("\(name) \(error.code.name)")
                    throw error
                }
            }
        }
    }

    /// Serves a unary and a streaming method that write themselves down.
    private func serving(
        _ trace: Trace,
        _ interceptors: [Interceptor],
        failing: RPCFailure? = nil,
        _ body: (Channel) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        var router = Router()
        router.unary(echo) { request, _ throws(RPCFailure) in
            trace.add("unary")
            if let failing { throw failing }
            return request
        }
        for interceptor in interceptors { router.intercept(interceptor) }
        router.streaming(Self.count) { request, _, writer throws(RPCFailure) in
            trace.add("streaming")
            try await writer.write(request)
            if let failing { throw failing }
        }
        let endpoint = folder.endpoint
        try await withServer(at: endpoint, router) { _ in
            try await withChannel(to: endpoint) { try await body($0) }
        }
    }

    /// The failures of both kinds of calls.
    private func failures(_ channel: Channel) async -> [RPCFailure?] {
        let streaming = await #expect(throws: RPCFailure.self) {
            try await channel.streaming(Self.count, [], timeout: patience) { _ in }
        }
        return [await channel.failure(of: echo), streaming]
    }

    @Test func `the first is the outermost, around unary and streaming calls`() async throws {
        let trace = Trace()
        try await serving(trace, [trace.interceptor("a"), trace.interceptor("b")]) { channel in
            let answer = try await channel.unary(echo, [7], timeout: patience)
            #expect(answer == [7])
            let received = Mutex<[[UInt8]]>([])
            try await channel.streaming(Self.count, [8], timeout: patience) { message in
                received.withLock { $0.append(message) }
            }
            #expect(received.withLock(\.self) == [[8]])
        }
        let steps = [(echo, "unary"), (Self.count, "streaming")].flatMap { method, kind in
            ["a in \(method)", "b in \(method)", kind, "b OK", "a OK"]
        }
        #expect(trace.all == steps)
    }

    @Test func `all see how a call fails`() async throws {
        let trace = Trace()
        let failing = RPCFailure(.outOfRange, "too large", progress: 3)
        try await serving(trace, [trace.interceptor("a")], failing: failing) { channel in
            for failure in await failures(channel) {
                #expect(
                    failure == RPCFailure(.outOfRange, "too large", progress: 3, isAnswer: true)
                )
            }
        }
        #expect(trace.all.filter { $0 == "a OUT_OF_RANGE" }.count == 2)
    }

    @Test func `one that throws refuses the call before its handler`() async throws {
        let trace = Trace()
        let refuse: Interceptor = { (context, _) async throws(RPCFailure) in
            throw RPCFailure(.permissionDenied, "\(context.peer.certificateNames)")
        }
        try await serving(trace, [trace.interceptor("a"), refuse]) { channel in
            for failure in await failures(channel) {
                #expect(failure == RPCFailure(.permissionDenied, "[]", isAnswer: true))
            }
        }
        let steps = [Self.count, echo].flatMap { ["a in \($0)", "a PERMISSION_DENIED"] }
        #expect(trace.all == steps)
    }

    @Test func `one that hides how a call ended makes nothing final of it`() async throws {
        let trace = Trace()
        let hide: Interceptor = { (_, next) async throws(RPCFailure) in
            try? await next()
        }
        let skip: Interceptor = { (_, _) async throws(RPCFailure) in }
        for interceptor in [hide, skip] {
            let failing = RPCFailure(.notFound, "absent")
            try await serving(trace, [interceptor], failing: failing) { channel in
                for failure in await failures(channel) { #expect(failure?.code == .unavailable) }
            }
        }
    }
}
