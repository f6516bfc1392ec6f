import DriverCore
import GRPCRuntime
import Synchronization
import Testing

/// Certificates that change while calls go on.
@Suite(.timeLimit(.minutes(5)))
struct RotationTests {
    private static let long = "/test.Long/Long"

    /// Calls that end while something else happens.
    private final class Load: Sendable {
        private let isOver = Mutex(false)
        private let counts = Mutex((calls: 0, failures: [String]()))

        var calls: Int { counts.withLock { $0.calls } }
        var failures: [String] { counts.withLock { $0.failures } }

        func stop() { isOver.withLock { $0 = true } }

        /// Calls over the channel, and over a new connection each time, one after the other.
        func run(_ channel: Channel, _ endpoint: Endpoint, _ options: ChannelOptions) async throws {
            while !isOver.withLock(\.self) {
                await call(channel)
                try await withChannel(to: endpoint, options) { await call($0) }
            }
        }

        /// Waits for some calls more, on new connections among them.
        func makeCalls(beyond count: Int) async throws {
            let limit = ContinuousClock.now + patience
            while calls < count + 4 && failures.isEmpty && ContinuousClock.now < limit {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(calls >= count + 4)
        }

        private func call(_ channel: Channel) async {
            do throws(RPCFailure) {
                _ = try await channel.unary(echo, [1], timeout: patience)
                counts.withLock { $0.calls += 1 }
            } catch {
                counts.withLock { $0.failures.append("\(error)") }
            }
        }
    }

    private static func clientOptions(_ certificates: Certificates) -> ChannelOptions {
        var options = ChannelOptions(tls: certificates.files("controller"))
        options.serverName = PeerRole.nodeName
        options.tlsRefresh = .seconds(1)
        return options
    }

    /// Runs the body under load, and in the middle of one long call; nothing may fail.
    private func underLoad(
        _ certificates: Certificates,
        _ body: (_ port: UInt16, _ load: Load) async throws -> Void
    ) async throws {
        let release = Event()
        var router = echoRouter()
        router.unary(Self.long) { request, _ in
            await release.wait()
            return request
        }
        var configuration = ServerConfiguration(
            endpoints: [.tcp(host: "127.0.0.1", port: 0)],
            tls: certificates.files("node")
        )
        configuration.tlsRefresh = .seconds(1)
        let clientOptions = Self.clientOptions(certificates)
        try await withServer(configuration, router) { server in
            let port = try #require(server.boundPorts.first)
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
            let load = Load()
            try await withChannel(to: endpoint, clientOptions) { channel in
                async let longCall = channel.unary(Self.long, [7], timeout: patience * 2)
                async let calls: Void = load.run(channel, endpoint, clientOptions)
                let result: Result<Void, any Error>
                do { result = .success(try await body(port, load)) } catch {
                    result = .failure(error)
                }
                load.stop()
                release.happen()
                try await calls
                try result.get()
                let answer = try await longCall
                #expect(answer == [7])
            }
            #expect(load.calls > 0)
            #expect(load.failures == [])
        }
    }

    @Test func `renewed certificates are taken up and no call fails`() async throws {
        let certificates = try Certificates()
        try await underLoad(certificates) { port, load in
            for _ in 0..<3 {
                let calls = load.calls
                try certificates.run()
                try await certificates.waitUntilShown("node", at: port)
                try await load.makeCalls(beyond: calls)
            }
        }
    }

    @Test func `an authority is replaced and no call fails`() async throws {
        let certificates = try Certificates()
        try await underLoad(certificates) { port, load in
            try certificates.run(["--replace-ca"])
            try await waitUntilTrusted(try certificates.issue("probe", role: "x"), at: port)
            try await waitUntilTrusted(
                try certificates.issue("server", role: PeerRole.nodeName),
                by: Self.clientOptions(certificates)
            )
            try certificates.run()
            try await certificates.waitUntilShown("node", at: port)
            try await load.makeCalls(beyond: load.calls)
            try certificates.run(["--forget-old-ca"])
            try await load.makeCalls(beyond: load.calls)
        }
    }

    /// Waits until the server takes the certificate.
    private func waitUntilTrusted(_ files: TLSFiles, at port: UInt16) async throws {
        var options = ChannelOptions(tls: files)
        options.serverName = PeerRole.nodeName
        options.waitsForReady = true
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
        _ = try await withChannel(to: endpoint, options) { channel in
            try await channel.unary(echo, [], timeout: patience)
        }
    }

    /// Waits until the clients take the certificate of a server.
    private func waitUntilTrusted(_ files: TLSFiles, by options: ChannelOptions) async throws {
        let configuration = ServerConfiguration(
            endpoints: [.tcp(host: "127.0.0.1", port: 0)],
            tls: files
        )
        var patient = options
        patient.waitsForReady = true
        let clientOptions = patient
        try await withServer(configuration) { server in
            let port = try #require(server.boundPorts.first)
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
            _ = try await withChannel(to: endpoint, clientOptions) { channel in
                try await channel.unary(echo, [], timeout: patience)
            }
        }
    }
}
