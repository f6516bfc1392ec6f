import CSIMessages
import DriverCore
import GRPCRuntime
import Host
import Logging
import NodeStorage
import Synchronization
import TestSupport
import Testing

@testable import CSIServing

/// Typed methods over a socket, with one report for each call.
@Suite(.timeLimit(.minutes(5))) struct ServingTests {
    private struct Reason: Error, CustomStringConvertible {
        var description: String { "lvs: no such device" }
    }

    private let lines = RecordedLog.Lines()
    private let figures = CallFigures()

    @Test func `a call that succeeds leaves one line and one count`() async throws {
        var router = Router()
        router.serve(DeleteVolumeRequest.self) { (request, context) in
            context.note { $0.fields.append(("method_seen", context.method)) }
            return DeleteVolumeResponse()
        }
        try await serving(router) { channel in
            let request = DeleteVolumeRequest(volumeID: "v1-a", secrets: Secrets(["key": "hidden"]))
            _ = try await channel.unary(
                DeleteVolumeRequest.method,
                try request.encoded(),
                timeout: .seconds(60)
            )
        }
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1 && line.message == "call succeeded" && line.level == .info)
        #expect(line.fields["method"] == "csi.v1.Controller/DeleteVolume")
        #expect(line.fields["method_seen"] == DeleteVolumeRequest.method)
        #expect(line.fields["code"] == "OK" && line.fields["volume_id"] == "v1-a")
        #expect(line.fields["duration_ms"] != nil && line.fields["error"] == nil)
        #expect(!"\(line.fields)".contains("hidden"))
        #expect(counted(DeleteVolumeRequest.method) == ["OK": 1])
    }

    @Test func `what is polled is logged at debug level while it succeeds`() async throws {
        var router = Router()
        router.serve(ProbeRequest.self) { (_) in ProbeResponse(ready: true) }
        try await serving(router) { channel in
            _ = try await channel.unary(ProbeRequest.method, [], timeout: .seconds(60))
            let failure = await failure(of: ProbeRequest.method, [0xff], channel)
            #expect(failure?.code == .invalidArgument)
        }
        #expect(lines.all.map(\.level) == [.debug, .warning])
        #expect(counted(ProbeRequest.method) == ["OK": 1, "INVALID_ARGUMENT": 1])
    }

    @Test func `that a volume is not there is no warning to who asked for it`() async throws {
        var router = Router()
        router.serve(ControllerGetVolumeRequest.self) { (_) throws(DriverError) in
            throw DriverError(.notFound, "volume v1-a does not exist")
        }
        router.serve(NodeGetVolumeStatsRequest.self) { (_) throws(DriverError) in
            throw DriverError(.notFound, "volume v1-a does not exist")
        }
        try await serving(router) { channel in
            for method in [ControllerGetVolumeRequest.method, NodeGetVolumeStatsRequest.method] {
                #expect(await failure(of: method, [], channel)?.code == .notFound)
                #expect(counted(method) == ["NOT_FOUND": 1])
            }
        }
        #expect(lines.all.map(\.level) == [.debug, .warning])
    }

    @Test func `the cause of a failure is logged and stays here`() async throws {
        var router = Router()
        router.serve(DeleteVolumeRequest.self) { (_) throws(DriverError) in
            throw DriverError(.unavailable, "group vg0 does not answer", cause: Reason())
        }
        try await serving(router) { channel in
            let failure = await failure(of: DeleteVolumeRequest.method, [], channel)
            #expect(failure?.message == "group vg0 does not answer")
        }
        let line = try #require(lines.all.first)
        #expect(line.level == .error && line.message == "call failed")
        #expect(line.fields["error"]?.contains("(cause: lvs: no such device)") == true)
        #expect(counted(DeleteVolumeRequest.method) == ["UNAVAILABLE": 1])
    }

    @Test func `a stream is typed, and reported like every call`() async throws {
        var router = Router()
        router.serveStream(GetMetadataAllocatedRequest.self) {
            (request, _, writer) async throws(DriverError) in
            for offset in 0..<Int64(request.maxResults) {
                try await writer.write(
                    GetMetadataAllocatedResponse(
                        blockMetadata: [BlockMetadata(byteOffset: offset, sizeBytes: 512)]
                    )
                )
            }
            if request.startingOffset > 0 {
                throw DriverError(.operationPending, "the snapshot is being made", progress: 42)
            }
        }
        try await serving(router) { channel in
            let three = try await offsets(.init(snapshotID: "s1-a", maxResults: 3), channel)
            #expect(three == [0, 1, 2])
            let failure = await #expect(throws: RPCFailure.self) {
                try await offsets(.init(startingOffset: 1, maxResults: 1), channel)
            }
            #expect(failure?.code == .aborted && failure?.progress == 42)
        }
        #expect(lines.all.map { $0.fields["code"] } == ["OK", "ABORTED"])
        #expect(lines.all.first?.fields["snapshot_id"] == "s1-a")
        #expect(lines.all.last?.fields["error"]?.contains("is being made") == true)
        #expect(counted(GetMetadataAllocatedRequest.method) == ["OK": 1, "ABORTED": 1])
    }

    @Test func `a stream whose client goes away ends as cancelled`() async throws {
        var router = Router()
        router.serveStream(GetMetadataAllocatedRequest.self) {
            (_, _, writer) async throws(DriverError) in
            while true { try await writer.write(GetMetadataAllocatedResponse()) }
        }
        try await serving(router) { channel in
            let failure = await #expect(throws: RPCFailure.self) {
                try await channel.streaming(
                    GetMetadataAllocatedRequest.method,
                    [],
                    timeout: .seconds(60)
                ) { _ in throw RPCFailure(.cancelled, "enough") }
            }
            #expect(failure?.code == .cancelled)
        }
        // The server has waited for its handler.
        #expect(counted(GetMetadataAllocatedRequest.method) == ["CANCELLED": 1])
    }

    /// Serves the router with its report while the body runs.
    private func serving(_ router: Router, _ body: (Channel) async throws -> Void) async throws {
        var router = router
        router.intercept(
            CallReport(logger: RecordedLog.logger(to: lines), figures: figures).around
        )
        try await withChannel(to: router, body)
    }

    @Test func `whoever meets a running copy is told how far it is`() async throws {
        let operations = Operations(
            changes: BlockingPool(threads: 1),
            readers: BlockingPool(threads: 1)
        )
        let isCopying = Atomic(false)
        let mayEnd = Semaphore()
        var router = Router()
        router.serve(CreateVolumeRequest.self) { (_) async throws(DriverError) in
            try await operations.run("CreateVolume", holding: [.exclusive("v1-a")]) { (progress) in
                progress.update(done: ByteCount(42), total: ByteCount(100))
                isCopying.store(true, ordering: .releasing)
                #expect(mayEnd.wait(within: .seconds(60)))
                return CreateVolumeResponse()
            }
        }
        router.serve(DeleteVolumeRequest.self) { (_) async throws(DriverError) in
            try await operations.run("DeleteVolume", holding: [.exclusive("v1-a")]) { (_) in
                DeleteVolumeResponse()
            }
        }
        try await withChannel(to: router) { channel in
            let create = Task {
                try await channel.unary(CreateVolumeRequest.method, [], timeout: .seconds(60))
            }
            try await wait(for: "copy") { isCopying.load(ordering: .acquiring) }
            let failure = await failure(of: DeleteVolumeRequest.method, [], channel)
            mayEnd.signal()
            #expect(failure?.code == .aborted && failure?.progress == 42)
            #expect(failure?.isAnswer == true)
            _ = try await create.value
        }
    }

    private func counted(_ method: String) -> [String: UInt64]? {
        figures.all.first { $0.method == method }?.figures.codes
    }

    private func failure(of method: String, _ request: [UInt8], _ channel: Channel) async
        -> RPCFailure?
    {
        await #expect(throws: RPCFailure.self) {
            try await channel.unary(method, request, timeout: .seconds(60))
        }
    }

    private func offsets(_ request: GetMetadataAllocatedRequest, _ channel: Channel) async throws
        -> [Int64]
    {
        let offsets = Mutex<[Int64]>([])
        try await channel.streaming(
            GetMetadataAllocatedRequest.method,
            try request.encoded(),
            timeout: .seconds(60)
        ) { bytes in
            let response = try GetMetadataAllocatedResponse(decoding: bytes)
            offsets.withLock { $0 += response.blockMetadata.map(\.byteOffset) }
        }
        return offsets.withLock(\.self)
    }
}

extension GetMetadataAllocatedRequest: LoggedRequest {
    package var logFields: [(key: String, value: String)] { [("snapshot_id", snapshotID)] }
}
