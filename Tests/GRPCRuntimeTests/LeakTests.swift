import DriverCore
import GRPCRuntime
import Glibc
import Testing

@Suite(.timeLimit(.minutes(5)))
struct LeakTests {
    // A process of its own, so that nothing else opens descriptors while they are counted.
    @Test func `servers and channels give back every descriptor, and all are CLOEXEC`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let inherited = Set(namesInFolder("/proc/self/fd"))
            try await serveAndCall(at: folder.endpoint, inherited)
            let before = namesInFolder("/proc/self/fd")
            for _ in 0..<20 { try await serveAndCall(at: folder.endpoint, inherited) }
            for _ in 0..<20 {
                _ = try Server(
                    ServerConfiguration(endpoints: [folder.endpoint]),
                    router: echoRouter()
                )
                _ = try Channel(to: folder.endpoint)
                _ = try? Server(
                    ServerConfiguration(endpoints: [folder.endpoint, .unix(path: "/dev/null")]),
                    router: echoRouter()
                )
            }
            // A server that never served is freed by its thread, a moment later.
            var after = namesInFolder("/proc/self/fd")
            let end = ContinuousClock.now + patience
            while after.count > before.count, ContinuousClock.now < end {
                await Task.yield()
                after = namesInFolder("/proc/self/fd")
            }
            #expect(after.count == before.count)
        }
    }

    @Test func `channels with the same TLS files share the thread that watches them`() async {
        await #expect(processExitsWith: .success) {
            let certificates = try Certificates()
            let options = ChannelOptions(tls: certificates.files("controller"))
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: 1)
            let first = try Channel(to: endpoint, options: options)
            let before = namesInFolder("/proc/self/task").count
            let channels = try (0..<100).map { _ in try Channel(to: endpoint, options: options) }
            // Swift starts some of its own at any time.
            #expect(namesInFolder("/proc/self/task").count < before + 50)
            for channel in [first] + channels { await channel.close() }
        }
    }
}

private func serveAndCall(at endpoint: Endpoint, _ inherited: Set<String>) async throws {
    try await withServer(at: endpoint) { _ in
        try await withChannel(to: endpoint) { channel in
            _ = try await channel.unary(echo, [1], timeout: patience)
            for name in namesInFolder("/proc/self/fd") where !inherited.contains(name) {
                guard let descriptor = CInt(name) else { continue }
                let flags = fcntl(descriptor, F_GETFD)
                #expect(flags < 0 || flags & FD_CLOEXEC != 0, "descriptor \(name)")
            }
        }
    }
}
