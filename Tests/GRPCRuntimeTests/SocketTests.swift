import DriverCore
import GRPCRuntime
import Glibc
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SocketTests {
    private func server(at path: String, answering answer: UInt8 = 0) throws -> Server {
        var router = Router()
        router.unary(echo) { _, _ in [answer] }
        return try Server(
            ServerConfiguration(endpoints: [.unix(path: path)]),
            router: router
        )
    }

    private func status(of path: String) throws -> stat {
        var status = stat()
        try #require(unsafe lstat(path, &status) == 0)
        return status
    }

    private func answer(at endpoint: Endpoint) async throws -> [UInt8] {
        try await withChannel(to: endpoint) { channel in
            try await channel.unary(echo, [], timeout: patience)
        }
    }

    @Test func `mode and group are set and nothing else is in the folder`() throws {
        let folder = try TemporaryFolder()
        var configuration = ServerConfiguration(endpoints: [folder.endpoint])
        configuration.socketMode = 0o606
        configuration.socketGroup = getuid() == 0 ? 4711 : getgid()
        let server = try Server(configuration, router: echoRouter())
        let status = try status(of: "\(folder.path)/s.sock")
        #expect(status.st_mode == S_IFSOCK | 0o606)
        #expect(status.st_gid == configuration.socketGroup)
        #expect(folder.names == ["s.sock"])
        server.shutdown(grace: .zero)
        #expect(folder.names.isEmpty)
    }

    @Test func `the socket of a killed server is replaced`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s.sock"
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let server = try Server(
                ServerConfiguration(endpoints: [.unix(path: path)]),
                router: Router()
            )
            raise(SIGKILL)
            server.shutdown(grace: .zero)
        }
        #expect(folder.names == ["s.sock"])
        try await withServer(at: folder.endpoint) { server in
            #expect(server.replaced.isEmpty)
            let bytes = try await answer(at: folder.endpoint)
            #expect(bytes == [])
        }
    }

    @Test func `a new server takes the path over and the old one's end leaves it alone`()
        async throws
    {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s.sock"
        let old = try server(at: path, answering: 1)
        let oldServing = Task { await old.serve() }
        let connected = try Channel(to: folder.endpoint)
        #expect(try await connected.unary(echo, [], timeout: patience) == [1])

        #expect(old.replaced.isEmpty)

        let new = try server(at: path, answering: 2)
        #expect(new.replaced == [getpid()])
        let newServing = Task { await new.serve() }
        let second = try await answer(at: folder.endpoint)
        #expect(second == [2])
        let stillOld = try await connected.unary(echo, [], timeout: patience)
        #expect(stillOld == [1])

        old.shutdown(grace: .zero)
        await oldServing.value
        #expect(folder.names == ["s.sock"])
        let third = try await answer(at: folder.endpoint)
        #expect(third == [2])

        new.shutdown(grace: .zero)
        await newServing.value
        await connected.close()
        #expect(folder.names.isEmpty)
    }

    @Test func `servers that start and stop on one path at the same time leave one reachable`()
        async throws
    {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s.sock"
        for _ in 0..<20 {
            let old = try server(at: path, answering: 1)
            let oldServing = Task { await old.serve() }
            let stopping = Task { old.shutdown(grace: .zero) }
            let new = try server(at: path, answering: 2)
            let newServing = Task { await new.serve() }
            await stopping.value
            await oldServing.value
            let bytes = try await answer(at: folder.endpoint)
            #expect(bytes == [2])
            new.shutdown(grace: .zero)
            await newServing.value
        }
        #expect(folder.names.isEmpty)
    }

    @Test func `a file at the path is an error and stays as it is`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s.sock"
        let file = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
        #expect(unsafe write(file, "keep", 4) == 4)
        close(file)
        let error = #expect(throws: DriverError.self) { try server(at: path) }
        #expect(error?.message.contains("\(path) exists and is not a socket") == true)
        #expect(try status(of: path).st_size == 4)
        #expect(folder.names == ["s.sock"])
    }

    @Test func `a link at the path is an error and its target stays`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(at: .unix(path: "\(folder.path)/real.sock")) { _ in
            #expect(unsafe symlink("real.sock", "\(folder.path)/s.sock") == 0)
            #expect(throws: DriverError.self) { try server(at: "\(folder.path)/s.sock") }
            #expect(folder.names == ["real.sock", "s.sock"])
        }
    }

    @Test func `a path above 107 bytes is an error and one of 107 works`() async throws {
        let folder = try TemporaryFolder()
        let fitting =
            "\(folder.path)/" + String(repeating: "s", count: 106 - folder.path.utf8.count)
        let error = #expect(throws: DriverError.self) { try server(at: fitting + "s") }
        #expect(error?.message.contains("has 108 bytes, and at most 107 are possible") == true)
        try await withServer(at: .unix(path: fitting)) { _ in
            let bytes = try await answer(at: .unix(path: fitting))
            #expect(bytes == [])
        }
    }

    @Test func `a missing folder is an error and is not made`() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: DriverError.self) { try server(at: "\(folder.path)/a/s.sock") }
        #expect(error?.message.contains("\(folder.path)/a") == true)
        #expect(folder.names.isEmpty)
    }

    @Test(arguments: ["relative.sock", "/tmp/", "", "/"])
    func `what is no path of a file is an error`(path: String) {
        #expect(throws: DriverError.self) { try server(at: path) }
    }

    @Test func `a taken TCP port is an error, and nothing of the other endpoints is left`() throws {
        let folder = try TemporaryFolder()
        let first = try Server(
            ServerConfiguration(endpoints: [.tcp(host: "127.0.0.1", port: 0)]),
            router: echoRouter()
        )
        let port = try #require(first.boundPorts.first)
        let configuration = ServerConfiguration(
            endpoints: [folder.endpoint, .tcp(host: "127.0.0.1", port: port)])
        let error = #expect(throws: DriverError.self) {
            try Server(configuration, router: echoRouter())
        }
        #expect(error?.message.contains("tcp://127.0.0.1:\(port)") == true)
        #expect(folder.names.isEmpty)
        #expect(first.boundPorts == [port])
    }

    /// The descriptors of every test in this process are far more than one.
    @Test func `a port with a limit of descriptors takes no connection above it, and others do`()
        async throws
    {
        let place = Endpoint.tcp(host: "127.0.0.1", port: 0)
        var limited = ServerConfiguration(endpoints: [place])
        limited.maximumDescriptors = 1
        try await withServer(limited) { full in
            let fullPort = try #require(full.boundPorts.first)
            try await withServer(at: place) { open in
                let openPort = try #require(open.boundPorts.first)
                #expect(try await answer(at: .tcp(host: "127.0.0.1", port: openPort)) == [])
            }
            try await withChannel(to: .tcp(host: "127.0.0.1", port: fullPort)) { channel in
                #expect(await channel.failure(of: echo)?.code == .unavailable)
            }
        }
    }

    @Test func `no endpoint at all is an error`() {
        #expect(throws: DriverError.self) {
            try Server(ServerConfiguration(endpoints: []), router: Router())
        }
    }
}
