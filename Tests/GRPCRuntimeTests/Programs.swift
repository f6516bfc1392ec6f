import Glibc
import Testing

/// Runs a program with nothing to read; 0 is success.
func exitStatus(of command: [String], output: String = "/dev/null") throws -> CInt {
    let child = try spawn(command, output: output)
    return waitForEnd(of: child)
}

/// Its beginning, which is all of what tests read.
func contentsOfFile(_ path: String) -> String {
    guard let file = unsafe fopen(path, "r") else { return "" }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
}

/// A program that runs until it is stopped.
struct BackgroundProgram {
    private let child: pid_t
    private let log: String

    /// What it prints goes to the file.
    init(_ command: [String], output log: String) throws {
        child = try spawn(command, output: log)
        self.log = log
    }

    /// The rest of a line that begins with this text, once it is printed.
    func output(after text: String) async throws -> String {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            // The last line may be written in part.
            for line in contentsOfFile(log).split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast()
            where line.hasPrefix(text) { return String(line.dropFirst(text.count)) }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("'\(text)' was not printed")
        return ""
    }

    func stop() {
        kill(child, SIGKILL)
        _ = waitForEnd(of: child)
    }
}

private func spawn(_ command: [String], output: String) throws -> pid_t {
    var words = unsafe command.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var child = pid_t()
    let code = unsafe posix_spawnp(&child, command[0], &actions, nil, &words, environ)
    try #require(code == 0, "\(command[0]) must be installed")
    return child
}

private func waitForEnd(of child: pid_t) -> CInt {
    var status = CInt()
    let end = ContinuousClock.now + patience
    while unsafe waitpid(child, &status, WNOHANG) != child {
        if ContinuousClock.now > end { kill(child, SIGKILL) }
        usleep(2000)
    }
    return status
}
