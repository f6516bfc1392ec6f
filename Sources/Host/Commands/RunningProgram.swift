import DriverCore
import Glibc

/// A process of this process namespace, as /proc shows it.
package struct RunningProgram: Sendable, Hashable {
    package let id: Int32
    /// Whether this process has started it.
    package let isOurs: Bool
    /// The name that it was started by, and what follows.
    package let words: [String]

    /// All that have arguments; a process that ends meanwhile may be missing.
    package static func all() -> [RunningProgram] {
        let names = (try? SystemFile.names(in: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap(RunningProgram.init)
    }

    private init?(_ id: Int32) {
        guard let bytes = try? SystemFile.read("/proc/\(id)/cmdline"), !bytes.isEmpty,
            let status = try? SystemFile.read("/proc/\(id)/status")
        else { return nil }
        self.id = id
        words = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
        let lines = String(decoding: status, as: UTF8.self).byteSplit(separator: "\n")
        let parent = lines.first { $0.hasBytePrefix("PPid:") }?.byteSplit(separator: "\t").last
        isOurs = parent == "\(getpid())"
    }
}
