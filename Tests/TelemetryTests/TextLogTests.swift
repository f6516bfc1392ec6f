import DriverCore
import Logging
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(5))) struct TextLogTests {
    @Test func `a line is time, level, message and fields in order`() {
        let log = LogCapture(.text)
        log.logger.info(
            "volume created",
            metadata: ["volume_id": "v1-a", "duration_ms": "\(12)", "node": "a b"]
        )
        #expect(
            log.lines == [
                "2026-11-22T17:54:23.123Z INFO volume created "
                    + "duration_ms=12 node=\"a b\" volume_id=v1-a\n"
            ]
        )
    }

    @Test(arguments: [
        ("", "\"\""), ("a=b", "\"a=b\""), ("a\"b", "\"a\\\"b\""), ("a\\b", "\"a\\\\b\""),
        ("caf\u{e9}", "caf\u{e9}"), ("a\nb", "\"a\\nb\""), ("a\r\n\tb", "\"a\\r\\n\\tb\""),
        ("\u{1b}[2J", "\"\\u001b[2J\""), ("\u{85}", "\"\\u0085\""), ("\0", "\"\\u0000\""),
        ("\u{2028}", "\"\\u2028\""), ("\u{202e}abc", "\"\\u202eabc\""),
        ("\u{7f}", "\"\\u007f\""), ("\u{e0001}", "\"\\udb40\\udc01\""),
        ("a\u{a0}b", "\"a\\u00a0b\""),
    ])
    func `a value cannot be read as anything else`(value: String, expected: String) {
        let log = LogCapture(.text)
        log.logger.info("m", metadata: ["k": .string(value)])
        #expect(log.lines == ["2026-11-22T17:54:23.123Z INFO m k=\(expected)\n"])
    }

    @Test func `a volume name cannot forge a line`() {
        let name = "pvc\n2026-11-22T17:54:23.123Z ERROR all is lost\r"
        for format in LogFormat.allCases {
            let log = LogCapture(format)
            log.logger.info("\(name)", metadata: ["name": .string(name), "\(name)": "x"])
            #expect(log.rawLines.count == 1)
            #expect(log.rawLines[0].filter { $0 < 0x20 } == [0x0a])
            #expect(log.rawLines[0].last == 0x0a)
        }
    }

    @Test func `a name of a field cannot make two fields`() {
        let log = LogCapture(.text)
        log.logger.info("m", metadata: ["a b=c\u{e9}": "x", "": "y"])
        #expect(log.lines == ["2026-11-22T17:54:23.123Z INFO m _=y a_b_c_=x\n"])
    }

    @Test func `nested values are written in a fixed order`() {
        let log = LogCapture(.text)
        log.logger.info("m", metadata: ["k": ["b": "2", "a": ["x", "y"]]])
        #expect(log.lines[0].hasSuffix(" k=\"{a: [x, y], b: 2}\"\n"))
    }

    @Test func `the time is UTC, with milliseconds cut off`() {
        let times = [
            (Timestamp(seconds: 0, nanoseconds: 0), "1970-01-01T00:00:00.000Z"),
            (Timestamp(seconds: 1_709_210_096, nanoseconds: 9_999_999), "2024-02-29T12:34:56.009Z"),
            (
                Timestamp(seconds: 253_402_300_799, nanoseconds: 999_999_999),
                "9999-12-31T23:59:59.999Z"
            ),
        ]
        for (time, text) in times {
            let log = LogCapture(.text, time: time)
            log.logger.notice("m")
            #expect(log.lines == ["\(text) NOTICE m\n"])
        }
    }
}
