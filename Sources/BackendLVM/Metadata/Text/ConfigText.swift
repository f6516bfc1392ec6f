import DriverCore

/// A parsed text in LVM's configuration syntax: sections, `key = value`, lists.
///
/// It keeps places in the text, not strings, so that a group of hundreds of volumes costs little.
struct ConfigText: Sendable {
    /// One section, value, or element of a list.
    struct Node: Sendable {
        enum Kind: Sendable { case section, list, string, number, word }

        var kind: Kind
        /// Empty for the elements of a list.
        var key: Range<Int>
        /// The text between the quotes, or the digits; empty for sections and lists.
        var value: Range<Int>
        var firstChild: Int?
        var next: Int?
    }

    let bytes: [UInt8]
    private let nodes: [Node]
    private let first: Int?

    /// Throws `hostFailure` with the line for every text that is not valid.
    init(parsing bytes: [UInt8]) throws(DriverError) {
        var parser = ConfigTextParser(bytes)
        first = try parser.parse()
        self.bytes = bytes
        nodes = parser.nodes
    }

    /// The outermost level as a section.
    var root: ConfigSection { ConfigSection(text: self, name: "", first: first) }

    func node(_ index: Int) -> Node { nodes[index] }

    func hasKey(_ node: Node, _ name: String) -> Bool {
        let wanted = name.utf8
        guard node.key.count == wanted.count else { return false }
        var place = node.key.lowerBound
        for byte in wanted {
            guard bytes[place] == byte else { return false }
            place += 1
        }
        return true
    }

    /// The text at a place, without the escapes that quotes need.
    func string(at range: Range<Int>) -> String {
        let slice = bytes[range]
        guard slice.contains(UInt8(ascii: "\\")) else {
            return String(decoding: slice, as: UTF8.self)
        }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in slice {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                plain.append(byte)
                isEscaped = false
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// Nil where the digits are no 64-bit number.
    func integer(at range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        var place = range.lowerBound
        let isNegative = bytes[place] == UInt8(ascii: "-")
        if isNegative { place += 1 }
        guard place < range.upperBound else { return nil }
        var number = 0
        while place < range.upperBound {
            let digit = Int(bytes[place]) - 0x30
            guard (0...9).contains(digit) else { return nil }
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            number = sum
            place += 1
        }
        return isNegative ? -number : number
    }
}
