import DriverCore
import FoundationEssentials
import Logging
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(5))) struct LogHandlerTests {
    @Test func `of one name the event's field counts, then the provider's, then the logger's`() {
        let log = LogCapture(.text, provider: Logger.MetadataProvider { ["a": "p", "b": "p"] })
        var logger = log.logger
        logger[metadataKey: "a"] = "l"
        logger[metadataKey: "c"] = "l"
        logger.info("m", metadata: ["b": "e"])
        #expect(log.lines[0].hasSuffix(" m a=p b=e c=l\n"))
    }

    @Test func `what is below the level is not written`() {
        let log = LogCapture(.text, level: .warning)
        log.logger.info("no")
        log.logger.error("yes")
        #expect(log.lines.count == 1)
    }

    @Test func `secrets are not written`() {
        let secrets = Secrets(["passphrase": "hunter2"])
        for format in LogFormat.allCases {
            let log = LogCapture(format)
            log.logger.info("\(secrets)", metadata: ["s": .stringConvertible(secrets)])
            #expect(!log.lines[0].contains("hunter2"))
            #expect(log.lines[0].contains("<redacted>"))
        }
    }

    @Test(arguments: LogFormat.allCases)
    func `a line is never longer than 16 KiB, and says when it was cut`(format: LogFormat) throws {
        let long = String(repeating: "\u{1}\u{1F5C4}\"", count: 9000)
        let many = Dictionary(
            uniqueKeysWithValues: (0..<400).map { ("k\($0)", Logger.MetadataValue.string(long)) }
        )
        for metadata in [["a": .string(long), "z": "last"], many] {
            let log = LogCapture(format)
            log.logger.info("\(long)", metadata: metadata)
            let line = log.rawLines[0]
            #expect(line.count <= 16 << 10)
            #expect(line.count > 8 << 10)
            #expect(line.last == 0x0a)
            #expect(String(validating: line, as: UTF8.self) != nil)
            #expect(log.lines[0].contains("truncated"))
            if format == .json { _ = try JSONDecoder().decode(Line.self, from: Data(line)) }
        }
    }

    @Test(arguments: LogFormat.allCases)
    func `one long value leaves room for the other fields`(format: LogFormat) {
        let log = LogCapture(format)
        let long = String(repeating: "x", count: 100_000)
        log.logger.info("\(long)", metadata: ["a": .string(long), "volume_id": "v1-a"])
        #expect(log.lines[0].contains("v1-a"))
        #expect(log.lines[0].contains("xxx..."))
    }

    @Test func `the formats have the names of the flag`() {
        #expect(LogFormat.allCases.map(\.rawValue) == ["text", "json"])
    }

    private struct Line: Decodable {
        let time, level, message: String
        let truncated: Bool
    }
}
