package import DriverCore
import Glibc

/// A process of this process namespace, as /proc shows it.
package struct RunningProgram: Sendable, Hashable {
    package let id: Int32
    /// Whether this process has started it.
    package let isOurs: Bool
    /// The name with which it was started, and its arguments.
    package let words: [String]

    /// All processes that have arguments; one that ends meanwhile may be missing.
    package static func all() throws(DriverError) -> [RunningProgram] {
        // A /proc that does not show this process says nothing of others.
        try attempt("find this process in /proc") { unsafe access("/proc/self", F_OK) }
        var found: [RunningProgram] = []
        for id in try SystemFile.names(in: "/proc").compactMap({ Int32($0) }) {
            if let program = try RunningProgram(id) { found.append(program) }
        }
        return found
    }

    private init?(_ id: Int32) throws(DriverError) {
        guard let bytes = try SystemFile.readIfThere("/proc/\(id)/cmdline"), !bytes.isEmpty,
            let status = try SystemFile.readIfThere("/proc/\(id)/status")
        else { return nil }
        self.id = id
        words = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
        let lines = String(decoding: status, as: UTF8.self).byteSplit(separator: "\n")
        let parent = lines.first { $0.hasBytePrefix("PPid:") }?.byteSplit(separator: "\t").last
        isOurs = parent == "\(getpid())"
    }
}
