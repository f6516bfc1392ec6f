import GRPCRuntime
import TestSupport
import Testing

/// Clients that connect to a TCP port and say nothing.
@Suite(.timeLimit(.minutes(5)))
struct `Connections that say nothing` {
    // The limit is the process's, so this has one of its own.
    @Test func `make room for those who talk, the oldest first`() async {
        await #expect(processExitsWith: .success) { try await talkBesideSilentConnections() }
    }

    @Test func `are closed when the limit of a handshake has passed`() async throws {
        var configuration = ServerConfiguration(endpoints: [anyPort])
        configuration.handshakeLimit = .milliseconds(200)
        try await withServer(configuration) { server in
            let connections = RawConnections()
            try #require(connections.open(port: try #require(server.boundPorts.first)))
            try await wait(for: "the end of it", within: .seconds(100)) { !connections.isOpen(0) }
        }
    }
}

private let anyPort = Endpoint.tcp(host: "127.0.0.1", port: 0)
/// Of a process that is client and server.
private let mostDescriptors = 300

private func talkBesideSilentConnections() async throws {
    var limited = ServerConfiguration(endpoints: [anyPort])
    limited.maximumDescriptors = Int32(mostDescriptors)
    limited.handshakeLimit = .seconds(3600)
    try await withServer(limited) { server in
        let port = try #require(server.boundPorts.first)
        let connections = RawConnections()
        try #require(connections.open(port: port))
        try #require(connections.speak(on: 0))
        try await wait(for: "all descriptors") {
            for _ in 0..<10 { try #require(connections.open(port: port)) }
            return namesInFolder("/proc/self/fd").count > mostDescriptors
        }
        var options = ChannelOptions()
        options.waitsForReady = true
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
        let answer = try await withChannel(to: endpoint, options) { channel in
            try await channel.unary(echo, [1], timeout: patience)
        }
        #expect(answer == [1])
        // The first has said something. Of the others those ended that others needed the room of.
        #expect(connections.isOpen(0))
        let ended = (1..<100).filter { !connections.isOpen($0) }
        #expect(ended == Array(1..<1 + ended.count))
        #expect((1..<50).contains(ended.count))
    }
}
