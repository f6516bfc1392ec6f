import DriverCore
import Logging

extension LogLine {
    /// The most bytes of a line, its newline included; collectors cut or split longer ones.
    static let limit = 16 << 10
    // No text may take the room of all others.
    private static let messageLimit = 8 << 10
    private static let valueLimit = 4 << 10
    private static let nameLimit = 128

    private typealias Piece = (text: String, isCut: Bool)

    /// The whole line with its newline.
    ///
    /// Texts that are too long end in `...`, fields for which no room is left are dropped, and the
    /// line says `truncated` for either.
    func rendered(as format: LogFormat) -> [UInt8] {
        switch format {
        case .text: join(textHead, fields.map(Self.textField), cut: " truncated=true", end: "\n")
        case .json:
            join(jsonHead, fields.map(Self.jsonField), cut: ",\"truncated\":true", end: "}\n")
        }
    }

    private func join(_ head: Piece, _ fields: [Piece], cut: String, end: String) -> [UInt8] {
        var (line, isCut) = head
        let most = Self.limit - cut.utf8.count - end.utf8.count
        for field in fields {
            let fits = line.utf8.count + field.text.utf8.count <= most
            if fits { line += field.text }
            isCut = isCut || field.isCut || !fits
        }
        return Array((line + (isCut ? cut : "") + end).utf8)
    }

    private var textHead: Piece {
        let message = LogText.escaped(message, most: Self.messageLimit, forQuotes: false)
        let head = "\(time.rfc3339) \(level.rawValue.uppercased()) \(message.text)"
        return (head, message.isCut)
    }

    private static func textField(name: String, value: Value) -> Piece {
        let name = textName(name)
        switch value {
        case .literal(let text): return (" \(name)=\(text)", false)
        case .text(let text):
            let isPlain = LogText.isPlain(text)
            let value = LogText.escaped(text, most: valueLimit, forQuotes: !isPlain)
            let quote = isPlain ? "" : "\""
            return (" \(name)=\(quote)\(value.text)\(quote)", value.isCut)
        }
    }

    /// A name that cannot be read as two fields.
    private static func textName(_ name: String) -> String {
        let parts = name.unicodeScalars.prefix(nameLimit).map { scalar in
            scalar.isASCII && LogText.isPlain(String(scalar)) ? String(scalar) : "_"
        }
        return parts.isEmpty ? "_" : parts.joined()
    }

    private var jsonHead: Piece {
        let message = LogText.escaped(message, most: Self.messageLimit, forQuotes: true)
        let head =
            "{\"time\":\"\(time.rfc3339)\",\"level\":\"\(level.rawValue)\""
            + ",\"message\":\"\(message.text)\""
        return (head, message.isCut)
    }

    private static func jsonField(name: String, value: Value) -> Piece {
        let name = LogText.escaped(name, most: nameLimit, forQuotes: true)
        switch value {
        case .literal(let text): return (",\"\(name.text)\":\(text)", name.isCut)
        case .text(let text):
            let value = LogText.escaped(text, most: valueLimit, forQuotes: true)
            return (",\"\(name.text)\":\"\(value.text)\"", name.isCut || value.isCut)
        }
    }
}
