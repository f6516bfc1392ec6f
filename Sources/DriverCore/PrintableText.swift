extension Unicode.Scalar {
    /// Whether a terminal or a log would not show it as itself: it ends a line, moves the cursor,
    /// turns the reading direction, or has no glyph.
    ///
    /// Of the blanks only U+0020 shows as itself: the others could not be told from it.
    package var isHidden: Bool {
        if isASCII { return !(0x20...0x7E).contains(value) }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate,
            .privateUse, .unassigned:
            return true
        default: return properties.isDefaultIgnorableCodePoint
        }
    }

    /// Itself, or the escape of JSON where it is hidden.
    package var printable: String {
        switch self {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case _ where isHidden: String(self).utf16.map(Self.hex).joined()
        default: String(self)
        }
    }

    /// One unit of UTF-16 as `\u001b`.
    private static func hex(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension String {
    /// The text with its hidden characters escaped: one line, whatever came in from outside.
    package var printable: String {
        if utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return self }
        return unicodeScalars.map(\.printable).joined()
    }

    /// The same for a text of several lines that the driver has laid out itself.
    package var printableLines: String {
        byteSplit(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0).printable }.joined(separator: "\n")
    }
}
