import ArgumentParser
import CSIClient
import DriverCore
import FoundationEssentials
import GRPCRuntime
import Host

/// A load generator for any CSI socket.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the speed of a CSI driver, or compare two drivers.",
        discussion: """
            Creates volumes, mounts some of them, and removes everything at the end, also after \
            Ctrl-C or a failure. Prints p50, p99 and calls per second of each operation. With \
            --against, it measures both drivers in turns. The ratio says how many times longer the \
            second driver takes at p50. Without --mount-dir, it mounts nothing.

            Example:
              cairn bench --mount-dir /var/lib/kubelet/bench --against unix:///tmp/other.sock

            Exit codes: 0 measured and cleaned up, 1 a call failed or something is left behind, \
            130 interrupted.
            """
    )

    enum Output: String, ExpressibleByArgument { case table, markdown, json }

    @Option(help: "The socket of the driver.")
    var endpoint: String = ServerOptions.defaultEndpoint

    @Option(help: "The socket of a second driver to compare with.")
    var against: String?

    @Option(
        help: ArgumentHelp(
            "A StorageClass parameter of the volumes. May be repeated.",
            valueName: "key=value"
        )
    )
    var parameters: [String] = []

    @Option(
        help: ArgumentHelp(
            "The same as --parameters, for the second driver.",
            valueName: "key=value"
        )
    )
    var againstParameters: [String] = []

    @Option(help: "An existing directory for mount points that the driver accepts. Needs root.")
    var mountDir: String?

    @Option(help: "The same as --mount-dir, for the second driver. Default: --mount-dir.")
    var againstMountDir: String?

    @OptionGroup var options: BenchOptions

    @Option(help: "Output format: table, markdown or json.")
    var output: Output = .table

    @Flag(
        help: ArgumentHelp(
            "Only mount one volume, print its path, and remove it on SIGTERM. For tools that "
                + "measure reads and writes."
        )
    )
    var hold = false

    @Option(
        help: ArgumentHelp(
            "Only wait up to this long for the driver to be ready, then print the Unix time at "
                + "which it was.",
            valueName: "seconds"
        )
    )
    var untilReady: Int?

    func run() async throws {
        if let untilReady { return try await wait(for: .seconds(untilReady)) }
        let channels = try sides().map { side in
            (side, try Channel(to: try Endpoint(parsing: side.endpoint)))
        }
        let drivers = try channels.map { side, channel in
            BenchDriver(
                label: side.endpoint,
                client: CSIClient(channel: channel),
                volume: try volume(of: side)
            )
        }
        let outcome = hold ? await holdVolume(of: drivers[0]) : await measure(drivers)
        let left = await cleanUp(drivers)
        for (_, channel) in channels { await channel.close() }
        try finish(outcome, left: left)
    }

    func validate() throws {
        guard !hold || mountDir != nil else {
            throw ValidationError("--hold needs --mount-dir: name a directory to mount in")
        }
        _ = try sides()
    }

    private func holdVolume(of driver: BenchDriver) async -> Result<BenchReport?, any Error> {
        do {
            try await HeldVolume(driver: driver).hold { path in
                Console.write(path)
                StandardOutput.flush()
            }
            return .success(nil)
        } catch { return .failure(error) }
    }

    private func sides() throws -> [BenchEndpoint] {
        let own = BenchEndpoint(
            endpoint: endpoint,
            parameters: try KeyValues.validated(parameters, of: "--parameters"),
            folder: mountDir
        )
        guard let against else { return [own] }
        let other = BenchEndpoint(
            endpoint: against,
            parameters: try KeyValues.validated(againstParameters, of: "--against-parameters"),
            folder: againstMountDir ?? mountDir
        )
        return [own, other]
    }

    private func volume(of side: BenchEndpoint) throws -> BenchVolume {
        BenchVolume(
            run: "bench-\(UInt32.random(in: .min ... .max))",
            size: options.size,
            filesystem: options.filesystem,
            parameters: side.parameters,
            topology: try options.segments(),
            folder: side.folder ?? ""
        )
    }

    /// The report, or why there is none; a signal cancels it.
    private func measure(_ drivers: [BenchDriver]) async -> Result<BenchReport?, any Error> {
        let run = BenchRun(
            plan: options.plan(mounting: mountDir != nil),
            interleaving: Interleaving(drivers: drivers, rounds: options.rounds)
        ) { StandardError.write(Array("\($0)\n".utf8)) }
        let work = Task { [run] in
            var run = run
            try await run.warmUp()
            return try await run.run()
        }
        let signals = StopSignals(first: { work.cancel() }, second: {})
        let outcome = await work.result
        signals.cancel()
        return work.isCancelled ? .failure(CancellationError()) : outcome.map { $0 }
    }

    private func cleanUp(_ drivers: [BenchDriver]) async -> [String] {
        var left: [String] = []
        for driver in drivers { left += await driver.cleanUp() }
        return left
    }

    private func finish(_ outcome: Result<BenchReport?, any Error>, left: [String]) throws {
        for complaint in left { tell("not removed: \(complaint)") }
        do {
            if let report = try outcome.get() { try write(report) }
        } catch let failure as BenchFailure {
            tell(failure.message)
            throw ExitCode(1)
        } catch is CancellationError {
            tell("interrupted")
            throw ExitCode(130)
        }
        if !left.isEmpty { throw ExitCode(1) }
    }

    private func write(_ report: BenchReport) throws {
        switch output {
        case .table: for line in BenchTable(report, style: .aligned).lines { Console.write(line) }
        case .markdown:
            for line in BenchTable(report, style: .markdown).lines { Console.write(line) }
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            Console.write(String(decoding: try encoder.encode(report), as: UTF8.self))
        }
    }

    private func wait(for limit: Duration) async throws {
        let watch = ReadinessWatch(endpoint: try Endpoint(parsing: endpoint), limit: limit)
        guard let time = try await watch.wait() else {
            tell("the driver at \(endpoint) was not ready in time: see its log")
            throw ExitCode(1)
        }
        Console.write("\(time.seconds).\(String(time.nanoseconds + 1_000_000_000).dropFirst())")
    }

    private func tell(_ text: String) {
        StandardError.write(Array("cairn bench: \(text.printable)\n".utf8))
    }
}
