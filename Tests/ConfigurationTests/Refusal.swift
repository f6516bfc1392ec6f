import BackendLVM
import BackendLoop
import Configuration
import DriverCore
import Testing

/// The kinds of storage, in the order of the binary's list.
let kinds: [any TierStorage.Type] = [LoopStorage.self, LVMStorage.self]

extension TiersFile {
    init(parsing text: String, file: String) throws(DriverError) {
        try self.init(parsing: text, file: file, kinds: kinds)
    }

    init(parsing text: [UInt8], file: String) throws(DriverError) {
        try self.init(parsing: text, file: file, kinds: kinds)
    }
}

/// A file that is refused, the line that is blamed, and words that the message has to hold.
struct Refusal: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let words: [String]

    init(_ text: String, line: Int, _ words: String...) {
        (self.text, self.line, self.words) = (text, line, words)
    }

    /// One tier whose lines begin at line 2; `line` counts in the whole file.
    static func tier(_ lines: String..., line: Int, words: String...) -> Refusal {
        let body = lines.enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }
        return Refusal(["tiers:"] + body, line, words)
    }

    private init(_ lines: [String], _ line: Int, _ words: [String]) {
        (text, self.line, self.words) = (lines.joined(separator: "\n"), line, words)
    }

    var testDescription: String { text }

    func check() {
        let error = #expect(throws: DriverError.self) {
            try TiersFile(parsing: text, file: "/etc/cairn/tiers.yaml", kinds: kinds)
        }
        #expect(error?.code == .invalidRequest)
        let message = error?.message ?? ""
        #expect(message.hasPrefix("/etc/cairn/tiers.yaml:\(line): "), "\(message)")
        for word in words { #expect(message.contains(word), "\(message)") }
    }
}
