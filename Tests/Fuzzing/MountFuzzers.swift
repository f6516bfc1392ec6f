import DriverCore

@testable import Host

/// Mount flags of a capability, apart by tabs.
enum MountFlagFuzzer: Fuzzer {
    /// What a file system would take for another device or another part of itself, or what makes a
    /// fault of the volume one of the node.
    private static let ofFilesystem: Set<String> = [
        "device", "journal_dev", "journal_path", "logdev", "rtdev", "sb", "subvol", "subvolid",
        "journal_async_commit", "nobarrier", "noload", "norecovery", "rescue", "usebackuproot",
    ]

    /// The same with a value.
    private static let valued: Set<String> = [
        "barrier=0", "data=writeback", "errors=continue", "errors=panic", "fatal_errors=panic",
    ]

    /// What mount(2) or mount(8) would take for another operation, where it stands alone.
    private static let operations: Set<String> = [
        "bind", "loop", "move", "private", "rbind", "remount", "rprivate", "rshared", "rslave",
        "runbindable", "shared", "slave", "unbindable",
    ]

    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        let options = text.byteSplit(separator: "\t", omittingEmptySubsequences: false)
            .map(String.init)
        expectRefusal(.invalidRequest) { () throws(DriverError) in
            let flags = try MountFlags(options)
            // Source: MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC and MS_UNBINDABLE to MS_SHARED of
            // linux/mount.h; MS_REC alone changes nothing.
            require(flags.kernel & 0x1e_3020 == 0, "\(options) become \(flags.kernel)")
            require(flags.data.utf8.count < 4096, "\(options) are too long for mount(2)")
            check(flags.data.byteSplit(separator: ","), of: options)
            // Blanks around a flag are dropped; what is handed over has none.
            let (given, blanks) = (options.joined(separator: ",").utf8, [UInt8(ascii: " "), 0x09])
            let isText = given.allSatisfy { (0x21..<0x7f).contains($0) || blanks.contains($0) }
            let isBare = flags.data.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            require(isText && isBare, "\(options) are accepted")
        }
    }

    /// Within quotes libmount sees one value where the file system sees several options.
    ///
    /// Those that only mount knows are nothing to it, and it refuses them.
    private static func check(_ data: [Substring], of options: [String]) {
        let isQuoted = options.contains { $0.utf8.contains(UInt8(ascii: "\"")) }
        for item in data {
            let name = String(item.bytePrefix(before: "="))
            let isOperation = !isQuoted && operations.contains(String(item))
            let isRefused =
                ofFilesystem.contains(name) || valued.contains(String(item)) || isOperation
            require(!isRefused, "\(options) hand '\(item)' to the file system")
        }
    }
}

/// Lines of /proc/self/mountinfo; what a pod has mounted stands in them.
enum MountTableFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        guard let entry = MountTable.parse(input[...]) else { return }
        let number = input.split(separator: UInt8(ascii: " "))[2]
        let line = written(entry, number: String(decoding: number, as: UTF8.self))
        guard let again = MountTable.parse(Array(line.utf8)[...]) else {
            fatalError("cannot read what was written: \(line)")
        }
        require(again == entry, "\(entry) reads as \(again)")
    }

    /// As proc(5) describes it, without optional fields.
    private static func written(_ entry: MountEntry, number: String) -> String {
        let fields =
            ["\(entry.mountID)", "\(entry.parentID)", number]
            + [entry.root, entry.target, entry.optionText].map(escaped) + ["-"]
            + [entry.fsType, entry.source, entry.superOptionText].map(escaped)
        return fields.joined(separator: " ")
    }

    /// `\040` for space, and so for tab, newline and backslash.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            guard [" ", "\t", "\n", "\\"].contains(scalar) else { return String(scalar) }
            let digits = String(scalar.value, radix: 8)
            return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }.joined()
    }
}
