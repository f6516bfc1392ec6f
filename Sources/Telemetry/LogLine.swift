import DriverCore
import Logging

/// One event, ready to be written in either format.
struct LogLine {
    enum Value {
        case text(String)
        /// A number, `true` or `false`, as in JSON.
        case literal(String)
    }

    let time: Timestamp
    let level: Logger.Level
    let message: String
    /// In order of their names, which are never `time`, `level` or `message`.
    let fields: [(name: String, value: Value)]

    init(time: Timestamp, event: LogEvent, metadata: Logger.Metadata) {
        self.time = time
        level = event.level
        message = event.message.description
        var named: [String: Value] = [:]
        for (key, value) in metadata { named[Self.name(key)] = Value(value) }
        if let error = event.error { named["error"] = .text("\(error)") }
        fields = named.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// A field cannot pass for a part that every line has.
    private static func name(_ key: String) -> String {
        ["time", "level", "message", "truncated"].contains(key) ? "\(key)_" : key
    }
}

extension LogLine.Value {
    init(_ value: Logger.MetadataValue) {
        guard case .stringConvertible(let inner) = value else {
            self = .text(Self.describe(value))
            return
        }
        switch inner {
        case let flag as Bool: self = .literal("\(flag)")
        case let number as any BinaryInteger: self = .literal("\(number)")
        case let number as Double where number.isFinite: self = .literal("\(number)")
        default: self = .text(inner.description)
        }
    }

    /// Nested values as text, in a fixed order: `[a, b]`, `{key: value}`.
    private static func describe(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let inner): inner.description
        case .array(let items): "[" + items.map(describe).joined(separator: ", ") + "]"
        case .dictionary(let pairs):
            "{"
                + pairs.sorted { $0.key < $1.key }
                .map { "\($0.key): \(describe($0.value))" }.joined(separator: ", ") + "}"
        }
    }
}
