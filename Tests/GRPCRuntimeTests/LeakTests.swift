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
            let before = await settledDescriptors()
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
            let after = await settledDescriptors(atMost: before.count)
            expectNone(after.count > before.count ? ["\(before) became \(after)"] : [])
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
            expectNone(descriptorsThatProgramsInherit(beside: inherited))
        }
    }
}

/// What is open once servers are gone: one that ends is freed by its thread, a moment later.
private func settledDescriptors(atMost count: Int? = nil) async -> [String] {
    var open = openDescriptors()
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
        try? await Task.sleep(for: .milliseconds(50))
        let now = openDescriptors()
        if let count { if now.count <= count { return now } } else if now == open { return now }
        open = now
    }
    return open
}

private func openDescriptors() -> [String] {
    namesInFolder("/proc/self/fd").map(described).sorted()
}

private func descriptorsThatProgramsInherit(beside inherited: Set<String>) -> [String] {
    namesInFolder("/proc/self/fd").filter { name in
        guard !inherited.contains(name), let descriptor = CInt(name) else { return false }
        let flags = fcntl(descriptor, F_GETFD)
        return flags >= 0 && flags & FD_CLOEXEC == 0
    }.map(described)
}

private func described(_ descriptor: String) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
    return "\(descriptor): \(String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self))"
}

/// Fails with the list: what a process of its own expects is not shown by its parent, its output is.
private func expectNone(_ found: [String]) {
    if !found.isEmpty { unsafe puts("found \(found.joined(separator: ", "))") }
    #expect(found.isEmpty)
}
