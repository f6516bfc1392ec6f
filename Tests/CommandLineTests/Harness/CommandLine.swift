import DriverCore
import DriverHarness
import FoundationEssentials
import Host
import TestSupport

/// How a command ended, and what it wrote.
struct Outcome: Sendable {
    let code: Int32
    let output: String
    let error: String

    /// The lines of the output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The words of the line that begins with a word; none where there is no such line.
    func words(after first: String) -> [String] {
        let rows = lines.map { $0.split(separator: " ").map(String.init) }
        return rows.first { $0.first == first } ?? []
    }

    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(output.utf8))
    }
}

/// The real binary, run as a person or a script would.
enum CommandLine {
    /// Waiting for a program must not hold a thread of the Swift runtime.
    private static let pool = BlockingPool(threads: 8)
    private static let deadline = Duration.seconds(120)

    /// Runs a command in an environment that holds nothing but what is given.
    static func run(_ arguments: [String], environment: [String] = []) async throws -> Outcome {
        try await start("/usr/bin/env", ["-i"] + environment + [try Driver.binary()] + arguments)
    }

    /// Runs a command on a terminal: what it writes to either stream comes as output.
    static func runOnTerminal(_ arguments: [String], environment: [String] = []) async throws
        -> Outcome
    {
        // script(1) makes the terminal; no argument of the tests needs quotes.
        let command = ([try Driver.binary()] + arguments).joined(separator: " ")
        return try await start(
            "/usr/bin/env",
            ["-i", "TERM=xterm", "SHELL=/bin/bash"] + environment
                + ["/usr/bin/script", "--quiet", "--return", "--command", command, "/dev/null"]
        )
    }

    /// Runs a script of bash that finds `cairn` on its PATH; both streams come as output.
    static func runScript(_ script: String) async throws -> Outcome {
        let folder = try Driver.binary().split(separator: "/").dropLast().joined(separator: "/")
        return try await start(
            "/usr/bin/env",
            ["-i", "PATH=/\(folder):/usr/sbin:/usr/bin:/sbin:/bin", "/bin/bash", "-c", script]
        )
    }

    private static func start(_ program: String, _ arguments: [String]) async throws -> Outcome {
        let output = try await pool.run { () throws(DriverError) in
            try HostCommand(program: program, arguments: arguments).run(deadline: deadline)
        }
        return Outcome(
            code: output.exitCode,
            output: output.standardOutput,
            error: output.standardError
        )
    }
}
