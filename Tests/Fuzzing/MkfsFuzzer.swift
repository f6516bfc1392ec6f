import DriverCore
import Host

/// `mkfsOptions` of a StorageClass: the first byte chooses the file system.
enum MkfsFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        let types: [FilesystemType] = [.ext4, .xfs, .btrfs]
        guard let choice = input.first, Int(choice % 16) < types.count else { return }
        let type = types[Int(choice % 16)]
        let text = String(decoding: input.dropFirst(), as: UTF8.self)
        expectRefusal(.invalidRequest) { () throws(DriverError) in
            let words = try Filesystems.parse(mkfsOptions: text, for: type)
            require(words.allSatisfy { !$0.isEmpty }, "an empty argument for mkfs")
            require(words.allSatisfy(\.utf8.isHarmless), "mkfs would get \(words)")
            for list in words.map({ $0.byteSplit(separator: ",") }) {
                require(
                    !list.contains { $0.hasSameBytes(as: "^has_journal") },
                    "no journal: \(words)"
                )
            }
            for (flag, value) in zip(words, words.dropFirst()) where flag == "-e" && type == .ext4 {
                require(value == "remount-ro", "a fault would stop the node: \(words)")
            }
            let again = repeating("parsing accepted options") { () throws(DriverError) in
                try Filesystems.parse(mkfsOptions: words.joined(separator: " "), for: type)
            }
            require(again == words, "\(words) reads as \(again) the second time")
        }
    }
}

extension String.UTF8View {
    /// No path, no control character, nothing that a terminal or a log would take amiss.
    fileprivate var isHarmless: Bool {
        allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    }
}
