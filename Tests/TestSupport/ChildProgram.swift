import DriverCore
package import Glibc
import Host
import Synchronization

/// A program that runs beside the tests, with its standard error in a file.
package final class ChildProgram: Sendable {
    package enum End: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    package let pid: pid_t
    private let end = Mutex<End?>(nil)
    /// Waiting for a program must not hold a thread of the Swift runtime.
    private static let waiters = BlockingPool(threads: 16)

    /// Starts the program with `PATH` and the given variables, and nothing else of our own.
    package init(
        _ program: String,
        _ arguments: [String],
        variables: [String: String] = [:],
        standardError file: String
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let append = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, file, append, 0o600)
        var argv = unsafe Self.strings([program] + arguments)
        let settings = variables.map { "\($0.key)=\($0.value)" }
        var environment = unsafe Self.strings(["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] + settings)
        defer { unsafe (argv + environment).forEach { unsafe free($0) } }
        var pid = pid_t()
        let code = unsafe posix_spawn(&pid, program, &actions, nil, &argv, &environment)
        guard code == 0 else {
            throw DriverError(.hostFailure, "cannot start \(program) (errno \(code))")
        }
        self.pid = pid
    }

    /// What execve(2) takes; the caller frees each.
    private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var strings: [UnsafeMutablePointer<CChar>?] = unsafe []
        for text in texts {
            let copy = unsafe strdup(text)
            unsafe strings.append(copy)
        }
        unsafe strings.append(nil)
        return unsafe strings
    }

    /// How the program ended, if it has.
    package var ended: End? { wait(WNOHANG) }

    package func signal(_ number: Int32) { if ended == nil { kill(pid, number) } }

    /// Waits for the end, which the caller has asked for; a program that stays is killed.
    package func waitForEnd() async throws -> End {
        try await Self.waiters.run { [self] () throws(DriverError) -> End in
            let limit = ContinuousClock.now + longestWait
            while ContinuousClock.now < limit {
                if let end = ended { return end }
                usleep(2000)
            }
            kill(pid, SIGKILL)
            throw DriverError(.timedOut, "process \(pid) did not end, and was killed")
        }
    }

    private func wait(_ options: Int32) -> End? {
        if let known = end.withLock({ $0 }) { return known }
        var status: Int32 = 0
        var waited: pid_t
        repeat {
            waited = unsafe waitpid(pid, &status, options)
        } while waited < 0 && errno == EINTR
        return end.withLock { end in
            if waited == pid, end == nil { end = Self.end(of: status) }
            return end
        }
    }

    /// What WIFEXITED and its sisters read from the status of waitpid(2).
    private static func end(of status: Int32) -> End {
        status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
    }
}
