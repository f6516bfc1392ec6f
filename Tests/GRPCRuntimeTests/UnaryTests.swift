import DriverCore
import GRPCRuntime
import Testing

@Suite(.timeLimit(.minutes(2)))
struct UnaryTests {
    @Test func `a response comes back over a unix socket`() async throws {
        let folder = try TemporaryFolder()
        let endpoint = Endpoint.unix(path: "\(folder.path)/s.sock")
        try await withServer(ServerConfiguration(endpoints: [endpoint])) { _ in
            try await withChannel(to: endpoint) { channel in
                for size in [0, 1, 23, 24, 1000, 3 << 20] {
                    let request = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                    let response = try await channel.unary(echo, request, timeout: patience)
                    #expect(response == request)
                }
            }
        }
        #expect(folder.names.isEmpty)
    }

    @Test func `a response comes back over TCP on a port of the system's choice`() async throws {
        let configuration = ServerConfiguration(endpoints: [.tcp(host: "127.0.0.1", port: 0)])
        try await withServer(configuration) { server in
            let port = try #require(server.boundPorts.first)
            try await withChannel(to: .tcp(host: "127.0.0.1", port: port)) { channel in
                let response = try await channel.unary(echo, [1, 2], timeout: patience)
                #expect(response == [1, 2])
            }
        }
    }

    @Test func `64 calls at once all come back`() async throws {
        let folder = try TemporaryFolder()
        let endpoint = Endpoint.unix(path: "\(folder.path)/s.sock")
        try await withServer(ServerConfiguration(endpoints: [endpoint])) { _ in
            try await withChannel(to: endpoint) { channel in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in UInt8(0)..<64 {
                        group.addTask {
                            try await channel.unary(echo, [index], timeout: patience) == [index]
                        }
                    }
                    for try await isEqual in group { #expect(isEqual) }
                }
            }
        }
    }
}
