import DriverCore
import GRPCRuntime
import Glibc
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct StreamingTests {
    private static let count = "/test.Count/Count"

    private func withStream<Value: Sendable>(
        _ handler: @escaping StreamingHandler,
        _ body: (Channel, TemporaryFolder.Reference) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder()
        var router = echoRouter()
        router.streaming(Self.count, handler)
        let reference = folder.reference
        return try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: reference.endpoint) { try await body($0, reference) }
        }
    }

    @Test(arguments: [0, 1, 1000])
    func `every message arrives in order`(total: Int) async throws {
        let numbers = Mutex<[[UInt8]]>([])
        try await withStream { request, _, writer throws(RPCFailure) in
            for index in 0..<total { try await writer.write(request + Array("\(index)".utf8)) }
        } _: { channel, _ in
            try await channel.streaming(Self.count, [1], timeout: patience) { message in
                numbers.withLock { $0.append(message) }
            }
        }
        #expect(numbers.withLock { $0 } == (0..<total).map { [1] + Array("\($0)".utf8) })
    }

    @Test func `a failure after some messages reaches the client`() async throws {
        let received = Gauge()
        try await withStream { _, _, writer throws(RPCFailure) in
            try await writer.write([1])
            throw RPCFailure(.dataLoss, "the middle is gone")
        } _: { channel, _ in
            let failure = await #expect(throws: RPCFailure.self) {
                try await channel.streaming(Self.count, [], timeout: patience) { _ in
                    received.enter()
                }
            }
            #expect(failure == RPCFailure(.dataLoss, "the middle is gone", isAnswer: true))
        }
        #expect(received.highest == 1)
    }

    @Test func `a slow client slows the handler down`() async throws {
        let (total, size) = (120, 1 << 20)
        let written = Gauge()
        let furthest = Mutex(0)
        try await withStream { _, _, writer throws(RPCFailure) in
            for _ in 0..<total {
                try await writer.write([UInt8](repeating: 0, count: size))
                written.enter()
            }
        } _: { channel, _ in
            let read = Gauge()
            try await channel.streaming(Self.count, [], timeout: patience) { _ in
                read.enter()
                furthest.withLock { $0 = max($0, written.highest - read.highest) }
                for _ in 0..<20 { await Task.yield() }
            }
            #expect(read.highest == total)
        }
        // What windows and socket buffers hold on both sides; without flow control it is all 120.
        #expect(furthest.withLock { $0 } < 64)
    }

    @Test func `a client that cancels ends the handler's writing`() async throws {
        let failed = Event()
        try await withStream { _, _, writer throws(RPCFailure) in
            defer { failed.happen() }
            while true { try await writer.write([UInt8](repeating: 0, count: 1 << 16)) }
        } _: { channel, _ in
            let begun = Event()
            let call = Task {
                await #expect(throws: RPCFailure.self) {
                    try await channel.streaming(Self.count, [], timeout: patience) { _ in
                        begun.happen()
                    }
                }
            }
            await begun.wait()
            call.cancel()
            #expect(await call.value?.code == .cancelled)
            await failed.wait()
        }
    }

    @Test func `what the reader throws ends the call`() async throws {
        let failed = Event()
        try await withStream { _, _, writer throws(RPCFailure) in
            defer { failed.happen() }
            while true { try await writer.write([UInt8](repeating: 0, count: 1 << 16)) }
        } _: { channel, _ in
            let failure = await #expect(throws: RPCFailure.self) {
                try await channel.streaming(Self.count, [], timeout: patience) { _ in
                    throw RPCFailure(.dataLoss, "unreadable")
                }
            }
            #expect(failure == RPCFailure(.dataLoss, "unreadable"))
            await failed.wait()
        }
    }

    @Test func `a client that is killed amid a stream ends the handler`() async throws {
        let failed = Event()
        try await withStream { _, _, writer throws(RPCFailure) in
            defer { failed.happen() }
            while true { try await writer.write([UInt8](repeating: 0, count: 1 << 16)) }
        } _: { channel, folder in
            let path = folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let channel = try Channel(to: .unix(path: "\(path)/s.sock"))
                try await channel.streaming("/test.Count/Count", [], timeout: nil) { _ in
                    raise(SIGKILL)
                }
            }
            await failed.wait()
            let response = try await channel.unary(echo, [1], timeout: patience)
            #expect(response == [1])
        }
    }

    @Test func `a writer is dead once its handler has returned`() async throws {
        let escaped = Mutex<ResponseWriter?>(nil)
        try await withStream { _, _, writer in
            escaped.withLock { $0 = writer }
        } _: { channel, _ in
            try await channel.streaming(Self.count, [], timeout: patience) { _ in }
            // Taken out, because the handler would hold its own server for ever.
            let writer = try #require(escaped.withLock { $0.take() })
            await #expect(throws: RPCFailure.self) { try await writer.write([1]) }
        }
    }
}
