import Glibc

/// What the process prints.
package enum StandardOutput {
    /// Hands over what was printed so far, also where a pipe reads it.
    package static func flush() { fflush(nil) }
}
