import DriverCore
import Logging
import Synchronization
import Telemetry

/// A logger whose lines are kept, at a fixed time.
struct LogCapture {
    private final class Lines: Sendable {
        let bytes = Mutex<[[UInt8]]>([])
    }

    let logger: Logger
    private let kept: Lines

    init(
        _ format: LogFormat,
        level: Logger.Level = .trace,
        provider: Logger.MetadataProvider? = nil,
        time: Timestamp = Timestamp(seconds: 1_795_370_063, nanoseconds: 123_999_999)
    ) {
        let kept = Lines()
        self.kept = kept
        var handler = LogLineHandler(format: format, level: level, now: { time }) { line in
            kept.bytes.withLock { $0.append(line) }
        }
        handler.metadataProvider = provider
        let configured = handler
        logger = Logger(label: "test") { _ in configured }
    }

    var rawLines: [[UInt8]] { kept.bytes.withLock { $0 } }
    var lines: [String] { rawLines.map { String(decoding: $0, as: UTF8.self) } }
}
