package import DriverCore

extension Filesystems {
    /// Reads the `mkfsOptions` of a StorageClass: options of the type's mkfs, apart by white space.
    ///
    /// There is no quoting, as no shell ever sees them. Throws `invalidRequest` for anything that
    /// is not on the type's list of harmless options; what remains is for ``make`` to use.
    package static func parse(mkfsOptions text: String, for type: FilesystemType)
        throws(DriverError) -> [String]
    {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        return try MkfsOptionParser(words: words, type: type).options().flatMap(\.arguments)
    }
}

/// Takes the words of an option text apart by the grammar of one mkfs program.
struct MkfsOptionParser {
    let words: [String]
    let type: FilesystemType
    private var grammar: MkfsGrammar { .of(type) }

    init(words: [String], type: FilesystemType) {
        self.words = words
        self.type = type
    }

    func options() throws(DriverError) -> [MkfsOption] {
        var options: [MkfsOption] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            let (flag, attached) = try split(word)
            guard case .some(let kind) = grammar.options[flag] else {
                throw refusal("option '\(word)' is not among those that a volume may set")
            }
            if case .none = kind {
                guard attached == nil else { throw refusal("'\(flag)' takes no value") }
                options.append(MkfsOption(flag: flag, value: nil))
                continue
            }
            guard let value = attached ?? rest.popFirst() else {
                throw refusal("'\(flag)' needs a value")
            }
            try check(value, of: flag, kind)
            options.append(MkfsOption(flag: flag, value: value))
        }
        return options
    }

    /// The flag, by its one spelling, and the value that is attached to it: `-m0`, `--label=x`.
    private func split(_ word: String) throws(DriverError) -> (String, String?) {
        guard word.hasPrefix("-"), word.utf8.count > 1 else {
            throw refusal("'\(word)' stands where an option is expected")
        }
        let isLong = word.hasPrefix("--")
        let end =
            isLong
            ? word.firstIndex(of: "=") ?? word.endIndex
            : word.index(word.startIndex, offsetBy: 2)
        let flag = String(word[..<end])
        let tail = isLong ? word[end...].dropFirst() : word[end...]
        let hasValue = end != word.endIndex
        return (grammar.aliases[flag] ?? flag, hasValue ? String(tail) : nil)
    }

    private func check(_ value: String, of flag: String, _ kind: MkfsGrammar.Value)
        throws(DriverError)
    {
        guard case .list(let names) = kind else {
            guard Self.isWord(value[...]) else {
                throw refusal("value '\(value)' of '\(flag)' holds a character that is refused")
            }
            return
        }
        let items = value.split(separator: ",", omittingEmptySubsequences: false)
        for item in items {
            guard names.contains(String(MkfsOption.name(of: item))) else {
                throw refusal("'\(item)' of '\(flag)' is not among those that a volume may set")
            }
            let setting = item.drop { $0 != "=" }.dropFirst()
            guard item.last != "=", setting.isEmpty || Self.isWord(setting) else {
                throw refusal("'\(item)' of '\(flag)' holds a character that is refused")
            }
        }
    }

    /// Letters, digits and `. _ - : %`, not beginning like an option.
    private static func isWord(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "-") else { return false }
        return text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || "._-:%".utf8.contains(byte)
        }
    }

    private func refusal(_ reason: String) -> DriverError {
        let known = grammar.options.keys.sorted().joined(separator: " ")
        return DriverError(
            .invalidRequest,
            "mkfsOptions for \(type.rawValue): \(reason); accepted: \(known)"
        )
    }
}
