import ArgumentParser
import DriverCore
import FoundationEssentials

/// How results are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json

    /// Writes a result: `text` for people, `value` for programs.
    func write(_ value: some Encodable, text: @autoclosure () -> String) throws {
        switch self {
        case .table: Console.write(text())
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Console.write(String(decoding: try encoder.encode(value), as: UTF8.self))
        }
    }
}
