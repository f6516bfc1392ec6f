import CHostShim
import DriverCore
import Glibc

/// One running child: its process and the pipes of its output.
struct ChildProcess: ~Copyable {
    struct End {
        enum Reason {
            case exited(Int32)
            case signalled(Int32)
            case deadline
            /// Stopped by ``RunningChildren/killAll()``.
            case stopped
        }

        let reason: Reason
        let output: String
        let error: String
    }

    /// How long a child has between SIGTERM and SIGKILL.
    private static let grace = Duration.seconds(2)

    private let id: pid_t
    private let process: OwnedDescriptor
    private var output: OutputPipe
    private var error: OutputPipe

    /// `kept` stays open in the child and its children; negative for none.
    init(starting command: HostCommand, keeping kept: CInt) throws(DriverError) {
        var output = try OutputPipe(of: command)
        var error = try OutputPipe(of: command)
        let ends = (output.writingEnd, error.writingEnd)
        let epoch = RunningChildren.epoch
        var process: CInt = -1
        let id = try attempt("start \(command.program)") {
            unsafe withArgumentVector([command.program] + command.arguments) { arguments in
                unsafe withArgumentVector(HostCommand.environment) { environment in
                    unsafe command.program.withCString { path in
                        var program = unsafe chost_program(
                            path: path,
                            arguments: arguments,
                            environment: environment,
                            output: ends.0,
                            error: ends.1,
                            kept: kept,
                            outlives: command.outlivesDriver,
                            hides_mounts: command.known?.hidesMounts ?? false
                        )
                        return unsafe chost_spawn(&program, &process)
                    }
                }
            }
        }
        if !command.outlivesDriver { RunningChildren.add(id, startedIn: epoch) }
        output.closeWritingEnd()
        error.closeWritingEnd()
        self.id = id
        self.process = OwnedDescriptor(adopting: process)
        self.output = output
        self.error = error
    }

    /// Waits for the end, stopping the child after the deadline, and reaps it.
    consuming func finish(within deadline: Duration) -> End {
        var isLate = false
        var signals = [SIGKILL, SIGTERM]
        var limit: ContinuousClock.Instant? = .now + deadline
        while !hasEnded(waitingUntil: limit) {
            output.readAvailable()
            error.readAvailable()
            guard let passed = limit, passed <= .now else { continue }
            isLate = true
            if let signal = signals.popLast() { kill(-id, signal) }
            limit = signals.isEmpty ? nil : .now + Self.grace
        }
        // Children that it left behind would keep the pipes open, and may still write to a device.
        kill(-id, SIGKILL)
        output.readAvailable()
        error.readAvailable()
        return reap(isLate: isLate)
    }

    /// Waits for the end of the process, for output, or for the limit.
    private func hasEnded(waitingUntil limit: ContinuousClock.Instant?) -> Bool {
        var watched = [
            pollfd(fd: process.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output.watched, events: Int16(POLLIN), revents: 0),
            pollfd(fd: error.watched, events: Int16(POLLIN), revents: 0),
        ]
        // Failing (EINTR, ENOMEM) is like waking up for nothing.
        let count = unsafe poll(&watched, nfds_t(watched.count), Self.milliseconds(until: limit))
        return count > 0 && watched[0].revents != 0
    }

    private static func milliseconds(until limit: ContinuousClock.Instant?) -> CInt {
        guard let limit else { return -1 }
        let left = limit - .now
        if left <= .zero { return 0 }
        let (seconds, fraction) = left.components
        // One more, so that it does not wake up just before the limit.
        return CInt(clamping: seconds * 1000 + fraction / 1_000_000_000_000_000 + 1)
    }

    private consuming func reap(isLate: Bool) -> End {
        let wasStopped = RunningChildren.remove(id)
        var outcome = chost_child_outcome()
        let isKnown = unsafe chost_reap(id, &outcome) == 0
        let reason: End.Reason =
            if wasStopped {
                .stopped
            } else if isLate {
                .deadline
            } else if isKnown, !outcome.was_killed {
                .exited(outcome.code)
            } else {
                .signalled(outcome.code)
            }
        return End(reason: reason, output: output.text, error: error.text)
    }
}

/// Runs `body` with the texts as C strings, and nil behind the last.
private func withArgumentVector<Result>(
    _ texts: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe body(pointers)
}
