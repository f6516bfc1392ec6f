import Glibc

/// The standard output of the process.
package enum StandardOutput {
    /// Flushes what was printed so far, also to a pipe.
    package static func flush() { fflush(nil) }
}
