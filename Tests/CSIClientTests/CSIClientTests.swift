import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct CSIClientTests {
    @Test func `a request reaches its RPC and the answer comes back typed`() async throws {
        var router = Router()
        router.unary(DeleteVolumeRequest.method) { bytes, _ throws(RPCFailure) in
            let request = try? DeleteVolumeRequest(decoding: bytes)
            guard request?.volumeID == "v1-a" else { throw RPCFailure(.notFound, "other") }
            return []
        }
        try await withClient(of: router) { client in
            let response = try await client.call(DeleteVolumeRequest(volumeID: "v1-a"))
            #expect(response == DeleteVolumeResponse())
            let failure = await #expect(throws: RPCFailure.self) {
                try await client.call(DeleteVolumeRequest(volumeID: "v1-b"))
            }
            #expect(failure == RPCFailure(.notFound, "other", isAnswer: true))
        }
    }

    @Test func `an answer that is no such message is INTERNAL`() async throws {
        var router = Router()
        router.unary(ProbeRequest.method) { _, _ in [0xff] }
        try await withClient(of: router) { client in
            let failure = await #expect(throws: RPCFailure.self) {
                try await client.call(ProbeRequest())
            }
            #expect(failure?.code == .internalError)
            #expect(failure?.message.contains("Identity/Probe: ProbeResponse") == true)
        }
    }

    @Test func `a request that cannot be encoded is not sent`() async throws {
        try await withClient(of: Router()) { client in
            let failure = await #expect(throws: RPCFailure.self) {
                try await client.call(DeleteVolumeRequest(volumeID: "a\0"))
            }
            #expect(failure?.code == .invalidArgument)
        }
    }

    @Test func `a stream hands over each answer in order`() async throws {
        var router = Router()
        router.streaming(GetMetadataAllocatedRequest.method) {
            _,
            _,
            writer throws(RPCFailure) in
            for size in 1...3 {
                let answer = GetMetadataAllocatedResponse(volumeCapacityBytes: Int64(size))
                guard let bytes = try? answer.encoded() else { return }
                try await writer.write(bytes)
            }
        }
        try await withClient(of: router) { client in
            let sizes = Mutex<[Int64]>([])
            try await client.stream(GetMetadataAllocatedRequest(snapshotID: "s")) { response in
                sizes.withLock { $0.append(response.volumeCapacityBytes) }
            }
            #expect(sizes.withLock { $0 } == [1, 2, 3])
        }
    }

    @Test func `a stream with an answer that is no such message is INTERNAL`() async throws {
        var router = Router()
        router.streaming(GetMetadataAllocatedRequest.method) {
            _,
            _,
            writer throws(RPCFailure) in
            try await writer.write([0xff])
        }
        try await withClient(of: router) { client in
            let failure = await #expect(throws: RPCFailure.self) {
                try await client.stream(GetMetadataAllocatedRequest()) { _ in }
            }
            #expect(failure?.code == .internalError)
        }
    }

    /// A client of a server on a port of its own; both are gone when it returns.
    private func withClient(of router: Router, _ body: (CSIClient) async throws -> Void)
        async throws
    {
        let configuration = ServerConfiguration(endpoints: [.tcp(host: "127.0.0.1", port: 0)])
        let server = try Server(configuration, router: router)
        async let served: Void = server.serve()
        let channel = try Channel(to: .tcp(host: "127.0.0.1", port: server.boundPorts[0]))
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(CSIClient(channel: channel)))
        } catch {
            result = .failure(error)
        }
        await channel.close()
        server.shutdown(grace: .zero)
        await served
        try result.get()
    }
}
