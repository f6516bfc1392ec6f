import DriverCore
import Testing

@testable import GRPCRuntime

/// What errors become on the wire, and what comes back out of it at another Cairn.
@Suite(.timeLimit(.minutes(5)))
struct DriverErrorTests {
    @Test(arguments: DriverError.Code.allCases)
    func `an error's code comes back as the same code`(code: DriverError.Code) {
        #expect(StatusCode(code) != .ok)
        #expect(DriverError.Code(StatusCode(code)) == code)
    }

    /// Source: external-provisioner `checkError`.
    @Test(arguments: DriverError.Code.allCases)
    func `what is not final is a code that sidecars retry`(code: DriverError.Code) {
        let retried: Set<StatusCode> = [.cancelled, .deadlineExceeded, .unavailable, .aborted]
        #expect(retried.contains(StatusCode(code)) == !code.isFinal)
    }

    @Test func `a code that no error becomes is asked again`() {
        let known = Set(DriverError.Code.allCases.map { StatusCode($0) })
        let others = StatusCode.allCases.filter { !known.contains($0) }
        #expect(others == [.ok, .unknown, .permissionDenied, .dataLoss, .unauthenticated])
        for code in others { #expect(DriverError.Code(code) == .unavailable) }
    }

    @Test(arguments: StatusCode.allCases)
    func `a call that no handler has answered is never final`(code: StatusCode) {
        let failure = RPCFailure(code, "stream reset", progress: 42)
        let error = DriverError(failure)
        #expect(!error.code.isFinal)
        #expect(error.message == "stream reset")
        #expect(DriverError.Code(code).isFinal == (error.cause as? RPCFailure == failure))
    }

    @Test(arguments: DriverError.Code.allCases, [nil, 0, 42, 100])
    func `an error passes a hop as it is`(code: DriverError.Code, progress: Int?) async throws {
        let sent = DriverError(code, "volume v1-a: ключ", progress: progress)
        let received = try await failure(of: sent)
        #expect(received.isAnswer && received.progress == progress)
        let error = DriverError(received)
        #expect(error.code == code && error.message == sent.message)
        #expect(error.progress == progress && error.cause == nil)
        #expect(error.adding(context: "node a").progress == progress)
        // And a second one.
        #expect(try await failure(of: error) == received)
    }

    @Test func `a stream's failure is an answer too`() async throws {
        let folder = try TemporaryFolder()
        var router = Router()
        router.streaming(echo) { _, _, writer throws(RPCFailure) in
            try await writer.write([1])
            throw RPCFailure(DriverError(.operationPending, "busy", progress: 7))
        }
        try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let failure = await #expect(throws: RPCFailure.self) {
                    try await channel.streaming(echo, [], timeout: patience) { _ in }
                }
                #expect(failure?.isAnswer == true && failure?.progress == 7)
            }
        }
    }

    @Test func `what the server says for itself is no answer`() async throws {
        let folder = try TemporaryFolder()
        var configuration = ServerConfiguration(endpoints: [folder.endpoint])
        configuration.maximumMessageBytes = 1000
        try await withServer(configuration) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                let unknown = try #require(await channel.failure(of: "/test.Echo/Other"))
                #expect(unknown.code == .unimplemented && !unknown.isAnswer)
                #expect(DriverError(unknown).code == .unavailable)
                let request = [UInt8](repeating: 0, count: 2000)
                let large = try #require(await channel.failure(of: echo, request))
                #expect(large.code == .resourceExhausted && !large.isAnswer)
                #expect(DriverError(large).code == .unavailable)
            }
        }
    }

    @Test(arguments: [-1, 101, .max, .min])
    func `a progress out of its range is none`(progress: Int) {
        #expect(RPCFailure(.aborted, "", progress: progress).progress == nil)
    }

    @Test(arguments: [
        ("0", 0), ("42", 42), ("100", 100), ("007", 7), ("999", 999), ("", nil), ("-1", nil),
        ("+1", nil), ("1 ", nil), ("4e1", nil), ("٤٢", nil), ("1000", nil), ("42, 43", nil),
        (String(repeating: "9", count: 60_000), nil),
    ])
    func `a number on the wire is nothing but a few digits`(value: String, number: Int?) {
        #expect(Trailers.number(value) == number)
    }

    /// What a client sees of a handler that throws the error.
    private func failure(of error: DriverError) async throws -> RPCFailure {
        let folder = try TemporaryFolder()
        var router = Router()
        router.unary(echo) { _, _ throws(RPCFailure) in throw RPCFailure(error) }
        return try await withServer(at: folder.endpoint, router) { _ in
            try await withChannel(to: folder.endpoint) { channel in
                try #require(await channel.failure(of: echo))
            }
        }
    }
}
