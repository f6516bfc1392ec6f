import Glibc

/// Whether the standard streams are terminals.
package enum Terminal {
    /// Whether standard output is a terminal.
    package static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether standard input is a terminal, so that a person can answer.
    package static var isInput: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether standard error is a terminal.
    package static var isError: Bool { isatty(STDERR_FILENO) == 1 }
}
