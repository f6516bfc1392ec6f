package import DriverCore
import Glibc

/// What a file or another program hands to this one.
package enum StandardInput {
    /// All of it, or an error where it is more than `limit`.
    package static func read(atMost limit: ByteCount) throws(DriverError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count: Int
            do throws(Errno) {
                count = try Errno.check { unsafe Glibc.read(STDIN_FILENO, &chunk, chunk.count) }
            } catch {
                throw error.failure(to: "read standard input")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit.bytes else {
                throw DriverError(.invalidRequest, "standard input has more than \(limit)")
            }
        }
    }
}
