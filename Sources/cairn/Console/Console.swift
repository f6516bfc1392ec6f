import DriverCore
import Host

/// Output for people and scripts: results on standard output, all else on standard error.
enum Console {
    /// Writes a result; what it holds from outside cannot move the cursor or forge a line.
    static func write(_ text: String) { print(text.printableLines) }

    /// The same for text with colours, whose parts from outside are already escaped.
    static func write(styled text: String) { print(text) }

    /// One line about a failure.
    static func fail(_ message: String) {
        let line = oneLine(message)
        say("\(Style.error.apply(.red, to: "cairn:")) \(line)")
    }

    /// One line in addition to the result.
    static func note(_ message: String) { say("cairn: \(oneLine(message))") }

    /// Raw text on standard error, for what draws over itself.
    static func draw(_ text: String) { StandardError.write(Array(text.utf8)) }

    private static func say(_ line: String) { draw(line + "\n") }

    /// A driver's message may hold anything, and the parser of the command line writes several lines.
    private static func oneLine(_ text: String) -> String {
        text.byteSplit(separator: "\n").joined(separator: " ").printable
    }
}

/// Colours, if the output is a terminal and NO_COLOR is not set.
struct Style: Sendable {
    enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case bold = "1"
    }

    let isColoured: Bool

    static let output = Style(isTerminal: Terminal.isOutput)
    static let error = Style(isTerminal: Terminal.isError)

    /// Source: https://no-color.org, and TERM as terminfo(5) names a terminal without abilities.
    private init(isTerminal: Bool) {
        isColoured =
            isTerminal && Environment.value(of: "NO_COLOR") == nil
            && Environment.value(of: "TERM") != "dumb"
    }

    func apply(_ colour: Colour, to text: String) -> String {
        isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }
}
