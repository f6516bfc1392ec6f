import Logging
import Synchronization

/// A log that a test reads.
struct RecordedLog: LogHandler {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let fields: [String: String]
    }

    final class Lines: Sendable {
        private let lines = Mutex<[Line]>([])

        var all: [Line] { lines.withLock(\.self) }

        func add(_ line: Line) { lines.withLock { $0.append(line) } }
    }

    private let lines: Lines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    static func logger(to lines: Lines) -> Logger {
        Logger(label: "test") { _ in RecordedLog(lines: lines) }
    }

    private init(lines: Lines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.add(
            Line(
                level: event.level,
                message: "\(event.message)",
                fields: (event.metadata ?? [:]).mapValues { "\($0)" }
            )
        )
    }
}
