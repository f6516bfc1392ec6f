import DriverCore

/// Parses LVM's configuration syntax, within limits that no real text reaches.
///
/// Source: lvm.conf(5), and the texts that LVM 2.03 writes.
struct ConfigTextParser {
    /// The deepest section that LVM writes, a segment's message, is at depth 5.
    private static let mostDepth = 16
    /// A volume needs about thirty; beyond the limit the text is no metadata, and would use up memory.
    private static let mostNodes = 4_000_000

    private let bytes: [UInt8]
    private var place = 0
    private(set) var nodes: [ConfigText.Node] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        nodes.reserveCapacity(min(bytes.count / 16, Self.mostNodes))
    }

    /// The first node of the outermost level; nil for an empty text.
    mutating func parse() throws(DriverError) -> Int? {
        let first = try parseEntries(depth: 0)
        guard place == bytes.count else { throw failure("an unexpected closing brace") }
        return first
    }

    /// Everything up to the closing brace, which is left in place, or to the end of the text.
    private mutating func parseEntries(depth: Int) throws(DriverError) -> Int? {
        guard depth <= Self.mostDepth else { throw failure("sections nested too deep") }
        var first: Int?
        var last: Int?
        skipSpace()
        while let byte = peek(), byte != UInt8(ascii: "}") {
            let index = try parseEntry(depth: depth)
            if let last { nodes[last].next = index } else { first = index }
            last = index
            skipSpace()
        }
        return first
    }

    private mutating func parseEntry(depth: Int) throws(DriverError) -> Int {
        let key = try parseKey()
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"):
            place += 1
            let index = try append(.section, key: key, value: 0..<0)
            nodes[index].firstChild = try parseEntries(depth: depth + 1)
            guard take(UInt8(ascii: "}")) else { throw failure("a section without an end") }
            return index
        case UInt8(ascii: "="):
            place += 1
            skipSpace()
            return try parseValue(key: key)
        default:
            throw failure("no '=' or '{' after a name")
        }
    }

    private mutating func parseKey() throws(DriverError) -> Range<Int> {
        if let quote = peek(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            return try parseQuoted(quote)
        }
        let key = takeWord()
        guard !key.isEmpty else { throw failure("a name is missing") }
        return key
    }

    private mutating func parseValue(key: Range<Int>) throws(DriverError) -> Int {
        guard take(UInt8(ascii: "[")) else { return try parseScalar(key: key) }
        let index = try append(.list, key: key, value: 0..<0)
        var last: Int?
        skipSpace()
        while !take(UInt8(ascii: "]")) {
            let element = try parseScalar(key: 0..<0)
            if let last { nodes[last].next = element } else { nodes[index].firstChild = element }
            last = element
            skipSpace()
            if take(UInt8(ascii: ",")) {
                skipSpace()
            } else if peek() != UInt8(ascii: "]") {
                throw failure("a list without an end")
            }
        }
        return index
    }

    private mutating func parseScalar(key: Range<Int>) throws(DriverError) -> Int {
        guard let byte = peek() else { throw failure("the text ends inside a value") }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            return try append(.string, key: key, value: try parseQuoted(byte))
        }
        let word = takeWord()
        guard !word.isEmpty else { throw failure("a value is missing") }
        let isNumber = byte == UInt8(ascii: "-") || Self.isDigit(byte)
        return try append(isNumber ? .number : .word, key: key, value: word)
    }

    /// The text between the quotes; a backslash escapes the character after it.
    private mutating func parseQuoted(_ quote: UInt8) throws(DriverError) -> Range<Int> {
        place += 1
        let start = place
        while place < bytes.count {
            let byte = bytes[place]
            if byte == quote {
                place += 1
                return start..<(place - 1)
            }
            guard byte != 0 else { break }
            place += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        place = min(place, bytes.count)
        throw failure("a string without an end")
    }

    private mutating func append(_ kind: ConfigText.Node.Kind, key: Range<Int>, value: Range<Int>)
        throws(DriverError) -> Int
    {
        guard nodes.count < Self.mostNodes else { throw failure("too many values") }
        nodes.append(ConfigText.Node(kind: kind, key: key, value: value))
        return nodes.count - 1
    }

    private func peek() -> UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        place += 1
        return true
    }

    private mutating func takeWord() -> Range<Int> {
        let start = place
        while place < bytes.count, Self.isWord[Int(bytes[place])] { place += 1 }
        return start..<place
    }

    /// Skips white space and comments.
    private mutating func skipSpace() {
        while place < bytes.count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "#") {
                while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                place += 1
            } else {
                return
            }
        }
    }

    private func failure(_ what: String) -> DriverError {
        let line = bytes[..<place].count { $0 == UInt8(ascii: "\n") } + 1
        return DriverError(.hostFailure, "line \(line): \(what)")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The bytes of names and unquoted values; every other byte ends them.
    private static let isWord = (0...255).map { byte in
        byte > 0x20 && byte < 0x7F && !"={}[],#\"'".utf8.contains(UInt8(byte))
    }
}
