import DriverCore
import FoundationEssentials
import Logging
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(5))) struct JSONLogTests {
    private static let awkward =
        "quote \" backslash \\ slash / newline \n nul \0 escape \u{1b} c1 \u{9f} del \u{7f} "
        + "line \u{2028} bidi \u{202e} accent \u{e9} plane \u{1F5C4} tag \u{e0041}"

    @Test func `a line is one object with time, level, message and fields`() {
        let log = LogCapture(.json)
        log.logger.warning("volume created", metadata: ["volume_id": "v1-a"])
        #expect(
            log.lines == [
                #"{"time":"2026-11-22T17:54:23.123Z","level":"warning","#
                    + #""message":"volume created","volume_id":"v1-a"}"# + "\n"
            ]
        )
    }

    @Test func `any text comes back from a JSON parser as it was`() throws {
        let log = LogCapture(.json)
        log.logger.info(
            "\(Self.awkward)",
            metadata: ["a": .string(Self.awkward), "k\n\"\u{e9}\u{7}": "name"]
        )
        let fields = try parse(log.rawLines[0])
        #expect(fields["message"] == Self.awkward)
        #expect(fields["a"] == Self.awkward)
        #expect(fields["k\n\"\u{e9}\u{7}"] == "name")
    }

    @Test func `numbers and flags are not quoted`() {
        let log = LogCapture(.json)
        log.logger.info(
            "m",
            metadata: [
                "a": .stringConvertible(-12), "b": .stringConvertible(true),
                "c": .stringConvertible(1.5), "d": .stringConvertible(Double.nan), "e": "7",
            ]
        )
        #expect(log.lines[0].hasSuffix(#","a":-12,"b":true,"c":1.5,"d":"nan","e":"7"}"# + "\n"))
    }

    @Test func `a field cannot replace what every line has`() throws {
        let log = LogCapture(.json)
        log.logger.info("m", metadata: ["message": "forged", "level": "error", "time": "never"])
        let fields = try parse(log.rawLines[0])
        #expect(fields["message"] == "m")
        #expect(fields["level"] == "info")
        #expect(fields["message_"] == "forged")
        #expect(fields.count == 6)
    }

    private func parse(_ line: [UInt8]) throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: Data(line))
    }
}
