package import DriverCore
import Host
package import Logging

/// Writes each event as one line.
///
/// Fields come from the handler, the metadata provider and the event; of one name the last counts.
package struct LogLineHandler: LogHandler {
    package typealias Sink = @Sendable (_ line: [UInt8]) -> Void

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let format: LogFormat
    private let now: @Sendable () -> Timestamp
    private let sink: Sink

    /// The sink is given whole lines with their newline, by several threads at a time.
    package init(
        format: LogFormat,
        level: Logger.Level,
        now: @escaping @Sendable () -> Timestamp,
        sink: @escaping Sink
    ) {
        self.format = format
        logLevel = level
        self.now = now
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let given = event.metadata { fields.merge(given) { $1 } }
        sink(LogLine(time: now(), event: event, metadata: fields).rendered(as: format))
    }
}

/// Sends what every `Logger` of the process logs to standard error; called once, at start.
package func bootstrapLogging(format: LogFormat, level: Logger.Level) {
    LoggingSystem.bootstrap { _ in
        LogLineHandler(
            format: format,
            level: level,
            now: WallClock.now,
            sink: StandardError.write
        )
    }
}
