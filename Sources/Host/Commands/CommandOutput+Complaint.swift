import DriverCore

extension CommandOutput {
    /// The lines of mkfs or a file system checker that say what is wrong, without version, notes
    /// and usage text.
    var helpfulComplaint: String {
        let said = standardError.isEmpty ? standardOutput : standardError
        let lines = said.byteSplit(separator: "\n").map(String.init)
        let usage = lines.firstIndex(where: Self.isUsage) ?? lines.endIndex
        let words = lines[..<usage].filter { !Self.isBanner($0) }
        let errors = words.filter { $0.hasBytePrefix("ERROR: ") }
        let best = errors.isEmpty ? words : errors
        guard !best.isEmpty else { return complaint }
        return best.joined(separator: " | ").shortened(toBytes: 400)
    }

    private static func isUsage(_ line: String) -> Bool {
        line.hasBytePrefix("Usage:") || line.hasBytePrefix("usage:")
    }

    /// `mke2fs 1.47.0 (5-Feb-2023)`, `btrfs-progs v6.2`, and links to documentation.
    private static func isBanner(_ line: String) -> Bool {
        let words = line.byteWords
        guard let first = words.first else { return true }
        if ["mke2fs", "btrfs-progs"].contains(String(first)), words.count > 1 {
            return words[1].utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        return line.hasBytePrefix("See http")
    }
}
