import Glibc
import Synchronization

/// Writes log lines to standard error: one write(2) for each.
package enum StandardError {
    /// A pipe keeps only short writes of several threads apart.
    private static let turn = Mutex(())

    /// Writes the line; what cannot be written is lost.
    package static func write(_ line: [UInt8]) {
        turn.withLock { _ in
            var rest = line[...]
            while !rest.isEmpty {
                let count = writeOnce(rest, to: STDERR_FILENO)
                // A signal may come before the first byte, or after some of them.
                if count == -Int(EINTR) { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Writes once; a negative count is the errno of the failure.
    private static func writeOnce(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) -> Int {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        }
        return count < 0 ? -Int(errno) : count
    }
}
