package import DriverCore

extension Filesystems {
    /// Parses the `mkfsOptions` of a StorageClass, separated by ASCII white space.
    ///
    /// There is no quoting, as no shell ever sees them. Throws `invalidRequest` for anything that
    /// is not on the type's list of harmless options; what remains is for ``make`` to use.
    package static func parse(mkfsOptions text: String, for type: FilesystemType)
        throws(DriverError) -> [String]
    {
        let words = text.byteWords.map(String.init)
        return try MkfsOptionParser(words: words, type: type).options().flatMap(\.arguments)
    }
}

/// Parses the words of an option text with the grammar of one mkfs program.
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
            if let reason = grammar.refused[flag] { throw refusal("'\(flag)' \(reason)") }
            guard case .some(let kind) = grammar.options[flag] else {
                throw refusal("a volume may not set the option '\(shown(word))'")
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
        // No option is anything but ASCII, so the second byte is a whole scalar.
        guard word.hasBytePrefix("-"), word.utf8.count > 1,
            word.utf8.allSatisfy({ $0 < 0x80 })
        else {
            throw refusal("'\(shown(word))' is not an option")
        }
        let flag: Substring
        let value: Substring?
        if word.hasBytePrefix("--") {
            (flag, value) = (word.bytePrefix(before: "="), word.byteSuffix(after: "="))
        } else {
            let end = word.utf8.index(word.startIndex, offsetBy: 2)
            (flag, value) = (word[..<end], end == word.endIndex ? nil : word[end...])
        }
        return (grammar.aliases[String(flag)] ?? String(flag), value.map(String.init))
    }

    private func shown(_ text: some StringProtocol) -> String {
        String(text).shortened(toBytes: 64)
    }

    private func check(_ value: String, of flag: String, _ kind: MkfsGrammar.Value)
        throws(DriverError)
    {
        switch kind {
        case .none: return
        case .word:
            guard Self.isWord(value[...]) else {
                throw refusal(
                    "value '\(shown(value))' of '\(flag)' has a forbidden character"
                )
            }
        case .choice(let values):
            guard values.contains(where: { $0.hasSameBytes(as: value) }) else {
                let accepted = values.sorted().joined(separator: ", ")
                throw refusal("'\(flag)' takes \(accepted), not '\(shown(value))'")
            }
        case .list(let names):
            for item in value.byteSplit(separator: ",", omittingEmptySubsequences: false) {
                try check(item: item, of: flag, names)
            }
        }
    }

    private func check(item: Substring, of flag: String, _ names: Set<String>)
        throws(DriverError)
    {
        if let reason = grammar.refused[String(item)] { throw refusal("'\(item)' \(reason)") }
        let name = MkfsOption.name(of: item)
        guard names.contains(where: { $0.hasSameBytes(as: name) }) else {
            throw refusal("a volume may not set '\(shown(item))' of '\(flag)'")
        }
        guard item.byteSuffix(after: "=").map(Self.isWord) ?? true else {
            throw refusal("'\(shown(item))' of '\(flag)' has a forbidden character")
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
