package import DriverCore
import Glibc

/// A program of the host and its arguments, run without a shell.
///
/// It gets a fixed environment, /dev/null as standard input, and a process group of its own, so
/// that its children are stopped with it.
package struct HostCommand: Sendable, Hashable {
    /// An absolute path.
    package let program: String
    /// The arguments behind the program's name.
    ///
    /// Never a secret: /proc shows them to everyone.
    package let arguments: [String]
    /// Whether it continues when the driver ends or is killed: for a program that must not be
    /// interrupted between two of its steps.
    package let outlivesDriver: Bool
    /// The driver's program; nil for a program that only tests start.
    var known: HostProgram?

    package init(program: String, arguments: [String], outlivesDriver: Bool = false) {
        precondition(program.hasBytePrefix("/"), "a program is run by its absolute path")
        self.program = program
        self.arguments = arguments
        self.outlivesDriver = outlivesDriver
    }

    /// A program by its name, from the system's directories.
    ///
    /// Throws `hostFailure` naming the Debian package that brings it where it is missing.
    package init(
        named name: String,
        package debianPackage: String,
        arguments: [String],
        outlivesDriver: Bool = false
    ) throws(DriverError) {
        let candidates: [String] = Self.folders.map { "\($0)/\(name)" }
        guard let found = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw DriverError(
                .hostFailure,
                "the program \(name) is missing: install the package \(debianPackage) on the node, or "
                    + "in the driver's container"
            )
        }
        self.init(program: found, arguments: arguments, outlivesDriver: outlivesDriver)
    }

    static let folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    /// LVM complains about inherited descriptors beyond the first three; a child here may have one
    /// more, for a lock.
    static let environment = [
        "LC_ALL=C", "PATH=\(folders.joined(separator: ":"))", "LVM_SUPPRESS_FD_WARNINGS=1",
    ]

    /// `mkfs.xfs -K /dev/loop3`, for messages.
    package var description: String {
        let name = program.byteSplit(separator: "/").last.map(String.init) ?? program
        return ([name] + arguments).joined(separator: " ")
    }

    /// Runs the program to its end; any exit code is a result.
    ///
    /// After the deadline its process group gets SIGTERM, and two seconds later SIGKILL; then this
    /// throws `timedOut`. It throws `unavailable` where ``killAll()``, or somebody else, killed it,
    /// and `hostFailure` where it could not be started. So a code that is not final says that it may
    /// have done its work. It always returns after the process is gone, because a caller gives back
    /// its claim on the storage then.
    package func run(deadline: Duration) throws(DriverError) -> CommandOutput {
        try run(deadline: deadline, keeping: -1)
    }

    /// Runs a program that writes to a device.
    ///
    /// The device stays locked until the program and all its children have ended, even if the
    /// driver is killed first.
    func run(deadline: Duration, holding lock: borrowing DeviceLock) throws(DriverError)
        -> CommandOutput
    {
        try run(deadline: deadline, keeping: lock.descriptor)
    }

    private func run(deadline: Duration, keeping descriptor: CInt) throws(DriverError)
        -> CommandOutput
    {
        let end = try ProgramFigures.ofProcess.count(known) { () throws(DriverError) in
            try ChildProcess(starting: self, keeping: descriptor).finish(within: deadline)
        } end: { end in
            end.reason
        }
        switch end.reason {
        case .exited(let code):
            return CommandOutput(
                exitCode: code,
                standardOutput: end.output,
                standardError: end.error
            )
        case .deadline:
            throw DriverError(
                .timedOut,
                "\(description) did not end within \(deadline) and was stopped"
            )
        case .stopped:
            throw DriverError(.unavailable, "\(description) was stopped because the driver stops")
        case .signalled(let signal):
            let said = end.error.isEmpty ? "" : " (\(end.error))"
            throw DriverError(
                .unavailable,
                "\(description) was killed by signal \(signal)\(said): see the node's kernel log for "
                    + "the cause, such as too little memory, then retry"
            )
        }
    }

    /// Kills every running command that does not outlive the driver, with its children; their `run`
    /// throws `unavailable`.
    package static func killAll() { RunningChildren.killAll() }
}

/// The result of a program that ran to its end.
package struct CommandOutput: Sendable, Hashable {
    package let exitCode: Int32
    /// At most ``mostBytes``; what came after was dropped.
    package let standardOutput: String
    /// At most ``mostBytes``; what came after was dropped.
    package let standardError: String

    package static let mostBytes = 1 << 20

    package init(exitCode: Int32, standardOutput: String, standardError: String) {
        self.exitCode = exitCode
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// The program's error output in one line, for a message.
    package var complaint: String {
        let said = standardError.isEmpty ? standardOutput : standardError
        let lines = said.utf8.split { (0x0A...0x0D).contains($0) }.map { String(Substring($0)) }
        let line = lines.joined(separator: " | ")
        return line.isEmpty ? "it printed nothing" : line.shortened(toBytes: 1000)
    }
}
