import ArgumentParser
import DriverCore
import FoundationEssentials

/// How results are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json

    /// Writes a result: `text` for people, `value` for programs.
    ///
    /// JSON escapes what a terminal would not show: its readers get the same text.
    func write(_ value: some Encodable, text: @autoclosure () -> String) throws {
        try write(value) { Console.write(text()) }
    }

    /// The same for text with colours, whose parts from outside are already escaped.
    func write(_ value: some Encodable, styled text: @autoclosure () -> String) throws {
        try write(value) { Console.write(styled: text()) }
    }

    private func write(_ value: some Encodable, table: () -> Void) throws {
        switch self {
        case .table: table()
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Console.write(String(decoding: try encoder.encode(value), as: UTF8.self))
        }
    }
}
