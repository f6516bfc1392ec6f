import CSIClient
package import CSIMessages
import DriverCore
package import GRPCRuntime
package import Glibc
import Host
import Synchronization
package import TestSupport

/// The real binary on a socket of its own, and a client of it.
package final class Driver: Sendable {
    /// Where the driver's files lie; everything below one folder of the test.
    package struct Places: Sendable {
        package let folder: String

        package init(folder: String) { self.folder = folder }

        package var socket: String { "\(folder)/run/csi.sock" }
        package var kubelet: String { "\(folder)/kubelet" }
        package var log: String { "\(folder)/driver.log" }
        package var stateFolder: String { "\(folder)/state" }
        package var tiersFile: String { "\(folder)/tiers.yaml" }

        /// Port 0 is one that the kernel chooses.
        package var metricsAddress = "127.0.0.1:0"

        /// The role, and the flags that it alone has.
        package var role = ["standalone", "--node-id", "conformance"]
        /// A controller has none.
        package var hasStorage = true
        /// More flags of the command.
        package var flags: [String] = []

        package var arguments: [String] {
            role + [
                "--endpoint", "unix://\(socket)", "--log-format", "json", "--log-level", "debug",
                "--metrics-address", metricsAddress,
            ] + (hasStorage ? storage : []) + flags
        }

        private var storage: [String] {
            [
                "--config", tiersFile, "--usage-dir", "\(folder)/usage", "--kubelet-dir", kubelet,
                "--state-dir", stateFolder, "--unstage-wait", "1",
            ]
        }
    }

    private struct Running {
        let child: ChildProgram
        let channel: Channel
        let client: CSIClient
    }

    package let places: Places
    /// Put before the driver's own command line, such as `strace -D -o file`.
    private let wrapper: [String]
    private let running = Mutex<Running?>(nil)
    /// Environment variables of every start from now on.
    private let extraVariables = Mutex<[String: String]>([:])

    /// Added to the command line of every start from now on.
    private let extraArguments = Mutex<[String]>([])

    package init(places: Places, wrapper: [String] = []) {
        self.places = places
        self.wrapper = wrapper
    }

    /// The binary under test: `CAIRN_BINARY`, or what `swift build` made in the working directory.
    package static func binary() throws -> String {
        let chosen = Environment.value(of: "CAIRN_BINARY") ?? ".build/debug/cairn"
        guard let path = Paths.real(chosen) else {
            throw DriverError(
                .hostFailure,
                "the driver's binary \(chosen) is missing: run swift build --product cairn, or name "
                    + "another one in CAIRN_BINARY"
            )
        }
        return path
    }

    /// Starts the driver and waits until Probe says that it is ready.
    package func start() async throws {
        let child = try spawn()
        var options = ChannelOptions()
        options.waitsForReady = true
        let channel = try Channel(to: .unix(path: places.socket), options: options)
        let client = CSIClient(channel: channel)
        running.withLock { $0 = Running(child: child, channel: channel, client: client) }
        try await becomeReady(child, client)
    }

    /// Sets the environment variables of the starts that follow.
    package func setVariables(_ variables: [String: String]) {
        extraVariables.withLock { $0 = variables }
    }

    /// Sets the arguments that the starts which follow have beside the usual ones.
    package func setArguments(_ arguments: [String]) {
        extraArguments.withLock { $0 = arguments }
    }

    /// Only the process; for what is not expected to serve.
    package func spawn() throws -> ChildProgram {
        let command =
            try wrapper + [Self.binary()] + places.arguments
            + extraArguments.withLock(\.self)
        return try ChildProgram(
            command[0],
            Array(command.dropFirst()),
            variables: extraVariables.withLock(\.self),
            standardError: places.log
        )
    }

    private func becomeReady(_ child: ChildProgram, _ client: CSIClient) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let end = child.ended {
                throw DriverError(.hostFailure, "the driver ended: \(end)\n\(try logText())")
            }
            // Asking again is the wait: an answer, or the deadline of the call.
            if try await isReady(client) { return }
        }
        throw DriverError(.timedOut, "the driver is not ready\n\(try logText())")
    }

    private func isReady(_ client: CSIClient) async throws(RPCFailure) -> Bool {
        do throws(RPCFailure) {
            return try await client.call(ProbeRequest(), timeout: .seconds(2)).ready ?? true
        } catch {
            guard error.code == .deadlineExceeded || error.code == .unavailable else { throw error }
            return false
        }
    }

    package func call<Request: CSIRequest>(_ request: Request, timeout: Duration = .seconds(60))
        async throws(RPCFailure) -> Request.Response
    {
        guard let client = running.withLock({ $0?.client }) else {
            throw RPCFailure(.unavailable, "the test has stopped the driver")
        }
        return try await client.call(request, timeout: timeout)
    }

    /// A call of any method with any bytes.
    package func rawCall(_ method: String, _ bytes: [UInt8]) async throws(RPCFailure) -> [UInt8] {
        guard let channel = running.withLock({ $0?.channel }) else {
            throw RPCFailure(.unavailable, "the test has stopped the driver")
        }
        return try await channel.unary(method, bytes, timeout: .seconds(60))
    }

    package var pid: pid_t? { running.withLock { $0?.child.pid } }

    package func signal(_ number: Int32) { running.withLock { $0?.child.signal(number) } }

    /// Sends the signal, if any, and waits for the end of the process.
    @discardableResult
    package func stop(_ number: Int32? = SIGTERM) async throws -> ChildProgram.End? {
        let stopped = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let stopped else { return nil }
        if let number { stopped.child.signal(number) }
        let end = try await stopped.child.waitForEnd()
        await stopped.channel.close()
        return end
    }

    /// Signals on and on until the process ends: what follows the first at once counts as its echo.
    package func insistOnStop() async throws -> ChildProgram.End? {
        let deadline = ContinuousClock.now + .seconds(60)
        while let child = running.withLock({ $0?.child }), child.ended == nil,
            ContinuousClock.now < deadline
        {
            child.signal(SIGTERM)
            await Task.yield()
        }
        return try await stop(nil)
    }

    package func restart(_ number: Int32 = SIGTERM) async throws {
        try await stop(number)
        try await start()
    }

    package func logText() throws -> String {
        String(decoding: try Bytes.read(places.log, count: 64 << 20), as: UTF8.self)
    }
}
