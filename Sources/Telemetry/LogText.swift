import DriverCore

/// Text that is safe in a log line.
///
/// No character of it can end the line, move the cursor of a terminal or turn the reading direction,
/// so no name from outside can forge or hide a line.
enum LogText {
    /// The text with its hidden characters escaped as in JSON, and quotes and backslashes too where
    /// it will stand between quotes.
    ///
    /// What is longer than `most` bytes is cut between characters and ends in `...`.
    static func escaped(_ text: String, most: Int, forQuotes: Bool) -> (text: String, isCut: Bool) {
        if text.utf8.count <= most, text.utf8.allSatisfy(isOrdinary) { return (text, false) }
        let mark = "..."
        var result = ""
        // How many bytes stay if the text turns out to be too long.
        var kept = 0
        for scalar in text.unicodeScalars {
            result += escape(scalar, forQuotes: forQuotes)
            if result.utf8.count > most {
                return (String(decoding: result.utf8.prefix(kept), as: UTF8.self) + mark, true)
            }
            if result.utf8.count + mark.utf8.count <= most { kept = result.utf8.count }
        }
        return (result, false)
    }

    /// Whether the text ends unambiguously without quotes.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                !scalar.isHidden && !scalar.properties.isWhitespace
                    && !["\"", "\\", "="].contains(scalar)
            }
    }

    /// ASCII that is written as it is anywhere: nearly all that is ever logged.
    private static func isOrdinary(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func escape(_ scalar: Unicode.Scalar, forQuotes: Bool) -> String {
        switch scalar {
        case "\"" where forQuotes, "\\" where forQuotes: "\\\(scalar)"
        default: scalar.printable
        }
    }
}
