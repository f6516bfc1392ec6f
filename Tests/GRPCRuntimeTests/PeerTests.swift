import GRPCRuntime
import Testing

/// Who is let in over the network, with the certificates that the script makes.
@Suite(.timeLimit(.minutes(5)))
struct PeerTests {
    private static let create = "/csi.v1.Controller/CreateVolume"
    private static let register = "/cairn.v1.NodeRegistry/Register"

    /// Serves both methods, each with an answer of its own, as the policy allows.
    private func withPeers<Value: Sendable>(
        _ files: TLSFiles,
        _ policy: PeerPolicy,
        _ body: (Endpoint) async throws -> Value
    ) async throws -> Value {
        var router = Router()
        router.intercept(policy.around)
        for method in [Self.create, Self.register] {
            router.unary(method) { _, _ in Array(method.utf8) }
        }
        let configuration = ServerConfiguration(
            endpoints: [.tcp(host: "127.0.0.1", port: 0)],
            tls: files
        )
        return try await withServer(configuration, router) { server in
            try await body(.tcp(host: "127.0.0.1", port: try #require(server.boundPorts.first)))
        }
    }

    /// How one call over a connection of its own ends; nil is success.
    private func end(
        of method: String,
        at endpoint: Endpoint,
        _ files: TLSFiles?,
        serverName: String?
    ) async throws -> RPCFailure? {
        var options = ChannelOptions(tls: files)
        options.serverName = serverName
        return try await withChannel(to: endpoint, options) { channel in
            do throws(RPCFailure) {
                let answer = try await channel.unary(method, [], timeout: patience)
                #expect(answer == Array(method.utf8))
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func `a node's Controller service answers controllers and refuses nodes`() async throws {
        let certificates = try Certificates(nodes: ["n1", "N_2.x"])
        try await withPeers(certificates.files("nodes/N_2.x"), .ofNodes) { endpoint in
            for (name, code) in [
                ("controller", nil), ("nodes/n1", StatusCode.permissionDenied),
                ("nodes/N_2.x", .permissionDenied),
            ] {
                let files = certificates.files(name)
                let serverName = PeerRole.name(ofNode: "N_2.x")
                let failure = try await end(
                    of: Self.create,
                    at: endpoint,
                    files,
                    serverName: serverName
                )
                #expect(failure?.code == code, "\(name): \(String(describing: failure))")
            }
        }
    }

    @Test func `a controller's registry answers nodes and refuses controllers`() async throws {
        let certificates = try Certificates()
        let policy = PeerPolicy.ofControllers(requiringNodeNames: false)
        try await withPeers(certificates.files("controller"), policy) { endpoint in
            for (name, method, code) in [
                ("node", Self.register, nil),
                ("node", Self.create, StatusCode.permissionDenied),
                ("controller", Self.register, .permissionDenied),
            ] {
                let failure = try await end(
                    of: method,
                    at: endpoint,
                    certificates.files(name),
                    serverName: PeerRole.controllerName
                )
                #expect(failure?.code == code, "\(name): \(String(describing: failure))")
            }
        }
    }

    @Test(arguments: ["n2.node.cairn.storage", PeerRole.controllerName])
    func `a client leaves a server that is not the one it wants`(wanted: String) async throws {
        let certificates = try Certificates(nodes: ["n1"])
        try await withPeers(certificates.files("nodes/n1"), .ofNodes) { endpoint in
            let files = certificates.files("controller")
            for (name, code) in [(wanted, StatusCode.unavailable), ("n1.node.cairn.storage", nil)] {
                let failure = try await end(
                    of: Self.create,
                    at: endpoint,
                    files,
                    serverName: name
                )
                #expect(failure?.code == code, "\(name): \(String(describing: failure))")
            }
        }
    }

    @Test func `who is refused before a call is told of, with the reason`() async throws {
        let certificates = try Certificates()
        let strangers = try Certificates()
        let role = PeerRole.controllerName
        let mark = "t\(UInt32.random(in: .min ... .max))"
        let expired = try certificates.issue("\(mark)old", role: role, days: -1)
        var foreign = try strangers.issue("\(mark)foreign", role: role)
        foreign.authority = expired.authority
        let anonymous = TLSFiles(authority: expired.authority)
        try await withPeers(certificates.files("node"), .ofNodes) { endpoint in
            for (files, reason) in [
                (expired, "certificate verify failed: certificate has expired: CN = \(mark)old"),
                (
                    foreign,
                    "certificate verify failed: unable to get local issuer certificate: CN = "
                        + "\(mark)foreign"
                ),
                (anonymous, "peer did not return a certificate"),
                // Plain text.
                (nil, "wrong version number"),
            ] as [(TLSFiles?, String)] {
                try await expectRefusal(at: endpoint, files, toldAs: reason)
            }
        }
    }

    /// Calls until the reason is told: other tests are refused too, and some are only counted.
    private func expectRefusal(at endpoint: Endpoint, _ files: TLSFiles?, toldAs reason: String)
        async throws
    {
        ToldTLSFailures.listen
        let limit = ContinuousClock.now + patience
        repeat {
            let failure = try await end(
                of: Self.create,
                at: endpoint,
                files,
                serverName: files == nil ? nil : PeerRole.nodeName
            )
            #expect(failure?.code == .unavailable)
        } while !ToldTLSFailures.contain(reason) && ContinuousClock.now < limit
        #expect(ToldTLSFailures.contain(reason), "\(reason)")
    }
}
