import DriverCore
import GRPCRuntime
import Glibc
import Testing

/// A folder of its own for the sockets and files of one test.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/cairn-grpc-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        try #require(made)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { _ = unsafe unlink("\(path)/\(name)") }
        _ = unsafe rmdir(path)
    }

    /// Where the test's server listens.
    var endpoint: Endpoint { reference.endpoint }

    /// What closures may hold while the folder exists.
    var reference: Reference { Reference(path: path) }

    struct Reference: Sendable {
        let path: String
        var endpoint: Endpoint { .unix(path: "\(path)/s.sock") }
    }

    /// What the folder holds, sorted.
    var names: [String] { namesInFolder(path) }
}

func namesInFolder(_ path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
                unsafe String(cString: $0)
            }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// The method of most tests.
let echo = "/test.Echo/Echo"

/// Answers every request with itself.
func echoRouter() -> Router {
    var router = Router()
    router.unary(echo) { request, _ in request }
    return router
}

/// Serves while the body runs, then shuts down without grace and waits for the end.
func withServer<Value: Sendable>(
    _ configuration: ServerConfiguration,
    _ router: Router = echoRouter(),
    _ body: (Server) async throws -> Value
) async throws -> Value {
    let server = try Server(configuration, router: router)
    async let served: Void = server.serve()
    let result: Result<Value, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    server.shutdown(grace: .zero)
    await served
    return try result.get()
}

func withServer<Value: Sendable>(
    at endpoint: Endpoint,
    _ router: Router = echoRouter(),
    _ body: (Server) async throws -> Value
) async throws -> Value {
    try await withServer(ServerConfiguration(endpoints: [endpoint]), router, body)
}

/// A channel that is closed after the body.
func withChannel<Value: Sendable>(
    to endpoint: Endpoint,
    _ options: ChannelOptions = ChannelOptions(),
    _ body: (Channel) async throws -> Value
) async throws -> Value {
    let channel = try Channel(to: endpoint, options: options)
    let result: Result<Value, any Error>
    do { result = .success(try await body(channel)) } catch { result = .failure(error) }
    await channel.close()
    return try result.get()
}

/// Far above what any call takes on a loaded machine; reaching it is a failure.
let patience = Duration.seconds(180)

extension Channel {
    /// The failure that a call ends with; records an issue when it succeeds.
    func failure(of method: String, _ request: [UInt8] = [], timeout: Duration = patience) async
        -> RPCFailure?
    {
        await #expect(throws: RPCFailure.self) {
            try await self.unary(method, request, timeout: timeout)
        }
    }
}
