import DriverCore
import GRPCRuntime
import Glibc
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    /// Answers with the names of the client's certificate.
    private static var namesRouter: Router {
        var router = Router()
        router.unary(echo) { _, context in
            Array(context.peer.certificateNames.joined(separator: " ").utf8)
        }
        return router
    }

    private func withTLSServer<Value: Sendable>(
        _ files: TLSFiles,
        _ body: (Endpoint) async throws -> Value
    ) async throws -> Value {
        var configuration = ServerConfiguration(
            endpoints: [.tcp(host: "127.0.0.1", port: 0)],
            tls: files
        )
        configuration.tlsRefresh = .seconds(1)
        return try await withServer(configuration, Self.namesRouter) { server in
            let port = try #require(server.boundPorts.first)
            return try await body(.tcp(host: "127.0.0.1", port: port))
        }
    }

    private func options(_ files: TLSFiles, serverName: String? = nil, waits: Bool = false)
        -> ChannelOptions
    {
        var options = ChannelOptions(tls: files)
        options.serverName = serverName
        options.waitsForReady = waits
        options.tlsRefresh = .seconds(1)
        return options
    }

    /// One call over a connection of its own.
    private func call(_ endpoint: Endpoint, _ options: ChannelOptions) async throws -> String {
        try await withChannel(to: endpoint, options) { channel in
            let bytes = try await channel.unary(echo, [], timeout: patience)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func refusal(_ endpoint: Endpoint, _ options: ChannelOptions) async -> StatusCode? {
        await #expect(throws: RPCFailure.self) { try await call(endpoint, options) }?.code
    }

    @Test func `the server knows the names in a verified client certificate`() async throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        let server = try authority.issue("server", names: "IP:127.0.0.1,DNS:node-a.cairn")
        let client = try authority.issue("client", names: "DNS:controller.cairn,URI:cairn://c/1")
        try await withTLSServer(server) { endpoint in
            let names = try await call(endpoint, options(client))
            #expect(names == "controller.cairn cairn://c/1")
            let byName = try await call(endpoint, options(client, serverName: "node-a.cairn"))
            #expect(byName == names)
        }
    }

    /// More than C-core and OpenSSL hold at once of a connection.
    @Test func `certificates and messages of any size get through`() async throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        let many = (0..<400).map { "DNS:node-\($0).some-long-domain.cairn" }.joined(separator: ",")
        let server = try authority.issue("server", names: "IP:127.0.0.1,\(many)")
        let client = try authority.issue("client", names: "DNS:controller.cairn,\(many)")
        let configuration = ServerConfiguration(
            endpoints: [.tcp(host: "127.0.0.1", port: 0)],
            tls: server
        )
        try await withServer(configuration) { server in
            let port = try #require(server.boundPorts.first)
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
            try await withChannel(to: endpoint, options(client)) { channel in
                for count in [0, 4000, 4096, 17_408, 1 << 20] {
                    let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
                    let answer = try await channel.unary(echo, message, timeout: patience)
                    #expect(answer == message)
                }
            }
        }
    }

    @Test func `who has no certificate of the authority is refused, on both sides`() async throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        let stranger = try Authority("other", in: folder.path)
        let server = try authority.issue("server", names: "IP:127.0.0.1,DNS:node-a.cairn")
        let client = try authority.issue("client", names: "DNS:controller.cairn")
        var foreign = try stranger.issue("foreign", names: "DNS:controller.cairn")
        foreign.authority = authority.certificate
        var mistrusting = client
        mistrusting.authority = stranger.certificate
        try await withTLSServer(server) { endpoint in
            let anonymous = TLSFiles(authority: authority.certificate)
            #expect(await refusal(endpoint, options(anonymous)) == .unavailable)
            #expect(await refusal(endpoint, options(foreign)) == .unavailable)
            #expect(await refusal(endpoint, options(mistrusting)) == .unavailable)
            #expect(await refusal(endpoint, options(client, serverName: "node-b")) == .unavailable)
            #expect(await refusal(endpoint, ChannelOptions()) == .unavailable)
            let names = try await call(endpoint, options(client))
            #expect(names == "controller.cairn")
        }
    }

    @Test func `a server without an authority takes clients without a certificate`() async throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        var server = try authority.issue("server", names: "IP:127.0.0.1")
        server.authority = nil
        try await withTLSServer(server) { endpoint in
            let names = try await call(
                endpoint,
                options(TLSFiles(authority: authority.certificate))
            )
            #expect(names == "")
        }
    }

    @Test func `a server takes up new files while it runs`() async throws {
        let folder = try TemporaryFolder()
        let (old, new) = try (Authority("old", in: folder.path), Authority("new", in: folder.path))
        var server = try old.issue("server", names: "IP:127.0.0.1")
        server.authority = nil
        try await withTLSServer(server) { endpoint in
            _ = try await call(endpoint, options(TLSFiles(authority: old.certificate)))
            _ = try new.issue("server", names: "IP:127.0.0.1")
            // Connects again and again until the server shows the new certificate.
            let trusting = options(TLSFiles(authority: new.certificate), waits: true)
            _ = try await call(endpoint, trusting)
            let code = await refusal(endpoint, options(TLSFiles(authority: old.certificate)))
            #expect(code == .unavailable)
        }
    }

    @Test func `a channel takes up new files while it lives`() async throws {
        let folder = try TemporaryFolder()
        let (old, new) = try (Authority("old", in: folder.path), Authority("new", in: folder.path))
        var client = try old.issue("client", names: "DNS:controller.cairn")
        var server = try new.issue("server", names: "IP:127.0.0.1")
        server.authority = new.certificate
        client.authority = new.certificate
        try await withTLSServer(server) { endpoint in
            try await withChannel(to: endpoint, options(client, waits: true)) { channel in
                let call = Task { try await channel.unary(echo, [], timeout: patience) }
                _ = try new.issue("client", names: "DNS:renewed.cairn")
                let names = try await call.value
                #expect(String(decoding: names, as: UTF8.self) == "renewed.cairn")
            }
        }
    }

    @Test func `files that hold something else are an error that names them`() throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        let good = try authority.issue("server", names: "IP:127.0.0.1")
        let other = try authority.issue("other", names: "IP:127.0.0.1")
        let (certificate, key) = (try #require(good.certificate), try #require(good.key))
        let otherKey = try #require(other.key)
        for (files, words) in [
            (TLSFiles(certificate: key, key: key), "\(key) has no certificate"),
            (TLSFiles(certificate: certificate, key: certificate), "has no private key"),
            (TLSFiles(certificate: certificate, key: otherKey), "\(otherKey) is not the key"),
            (
                TLSFiles(certificate: certificate, key: key, authority: key),
                "\(key) has no certificate"
            ),
        ] {
            let error = #expect(throws: DriverError.self, "\(words)") {
                try Server(
                    ServerConfiguration(
                        endpoints: [.tcp(host: "127.0.0.1", port: 0)],
                        tls: files
                    ),
                    router: Router()
                )
            }
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test func `files that become unusable are told of, and taken up again once they are good`()
        async throws
    {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        let server = try authority.issue("server", names: "IP:127.0.0.1")
        let client = try authority.issue("client", names: "DNS:controller.cairn")
        ToldTLSFailures.listen
        try await withTLSServer(server) { endpoint in
            _ = try await call(endpoint, options(client))
            // A key of another certificate.
            let key = try #require(server.key)
            let foreign = try #require(client.key)
            let isRenamed = unsafe rename(foreign, key) == 0
            try #require(isRenamed)
            let limit = ContinuousClock.now + patience
            while !ToldTLSFailures.contain(Self.wrongKey), ContinuousClock.now < limit {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(ToldTLSFailures.contain(Self.wrongKey))
            _ = try authority.issue("server", names: "IP:127.0.0.1")
            let renewed = try authority.issue("client", names: "DNS:controller.cairn")
            let names = try await call(endpoint, options(renewed, waits: true))
            #expect(names == "controller.cairn")
        }
    }

    private static let wrongKey =
        "the key file has no private key, or not that of the certificate; "
        + "new connections fail until this is fixed"

    @Test func `unusable files are an error that names them`() throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        var files = try authority.issue("server", names: "IP:127.0.0.1")
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: 0)
        files.key = "\(folder.path)/absent.key"
        let error = #expect(throws: DriverError.self) {
            try Server(ServerConfiguration(endpoints: [endpoint], tls: files), router: Router())
        }
        #expect(error?.message.contains("absent.key") == true)
        files.key = nil
        #expect(throws: DriverError.self) {
            try Server(ServerConfiguration(endpoints: [endpoint], tls: files), router: Router())
        }
        #expect(throws: DriverError.self) {
            try Channel(to: endpoint, options: ChannelOptions(tls: TLSFiles()))
        }
    }
}
