import DriverCore
import GRPCRuntime
import Testing

/// What openssl as the other side sees; C-core itself speaks only what is allowed here.
@Suite(.timeLimit(.minutes(5)))
struct TLSVersionTests {
    @Test(arguments: [("-tls1_3", true), ("-tls1_2", false), ("-tls1_1", false)])
    func `a server takes TLS 1.3 and nothing older`(version: String, isTaken: Bool) async throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        let server = try authority.issue("server", names: "IP:127.0.0.1")
        let client = try authority.issue("client", names: "DNS:controller.cairn")
        let configuration = ServerConfiguration(
            endpoints: [.tcp(host: "127.0.0.1", port: 0)],
            tls: server
        )
        try await withServer(configuration) { running in
            let port = try #require(running.boundPorts.first)
            let status = try exitStatus(
                of: ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", version]
                    + ["-cipher", "DEFAULT@SECLEVEL=0", "-alpn", "h2", "-verify_return_error"]
                    + ["-cert", try #require(client.certificate), "-key", try #require(client.key)]
                    + ["-CAfile", try #require(client.authority)]
            )
            #expect((status == 0) == isTaken)
        }
    }

    @Test(arguments: [("-tls1_3", "missing selected ALPN"), ("-tls1_2", "protocol version")])
    func `a channel speaks TLS 1.3 and nothing older`(version: String, end: String) async throws {
        let folder = try TemporaryFolder()
        let authority = try Authority("ca", in: folder.path)
        let files = try authority.issue("server", names: "IP:127.0.0.1")
        let log = "\(folder.path)/log"
        let server = try BackgroundProgram(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", version, "-www"]
                + ["-cert", try #require(files.certificate), "-key", try #require(files.key)],
            output: log
        )
        defer { server.stop() }
        let port = try await server.output(after: "ACCEPT 127.0.0.1:")
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: try #require(UInt16(port)))
        let options = ChannelOptions(tls: TLSFiles(authority: authority.certificate))
        // With the version agreed on, what is missing is only gRPC.
        let failure = try await withChannel(to: endpoint, options) { await $0.failure(of: echo) }
        #expect(failure?.message.contains(end) == true, "\(String(describing: failure))")
    }
}
