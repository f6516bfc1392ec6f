import TestSupport
import Testing

/// The flags of the driver: those of `--help`, and those of the documentation.
@Suite(.timeLimit(.minutes(5))) struct DocumentedFlagsTests {
    private struct Row {
        let flags: Set<String>
        let standard: String
    }

    /// The rows of the tables behind "Flags of the driver".
    private static func rows() throws -> [Row] {
        let page = String(
            decoding: try Bytes.read("Sources/cairn/Documentation.docc/CommandLine.md"),
            as: UTF8.self
        )
        let section = try #require(page.firstRange(of: "## Flags of the driver\n"))
        return page[section.upperBound...].split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map {
                $0.split(separator: " ").joined(separator: " ")
            }
            guard line.hasPrefix("| `--"), cells.count >= 3 else { return nil }
            // The second table has the roles between flag and default.
            let standard = cells.count == 4 ? cells[2] : cells[1]
            return Row(flags: flags(in: cells[0]), standard: standard)
        }
    }

    private static func flags(in text: some StringProtocol) -> Set<String> {
        Set(String(text).matches(of: /(?:^|[ `\[])(--[a-z][a-z-]+)/).map { String($0.1) })
    }

    private static func help(_ role: String) async throws -> String {
        try await CommandLine.run([role, "--help"]).output
    }

    @Test(arguments: ["standalone", "node", "controller"])
    func `every flag of a role is on the page`(role: String) async throws {
        let lines = try await Self.help(role).split(separator: "\n").filter { $0.hasPrefix("  --") }
        let options = Set(lines.flatMap { Self.flags(in: $0.prefix { $0 != "<" }) })
        let known = Set(try Self.rows().flatMap(\.flags)).union(["--version"])
        #expect(options.count > 10)
        #expect(options.subtracting(known).isEmpty)
    }

    @Test func `the defaults on the page are those of the flags`() async throws {
        let roles = try await [Self.help("standalone"), Self.help("node"), Self.help("controller")]
        let help = roles.joined().split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        var compared = 0
        for row in try Self.rows() where row.flags.count == 1 {
            let flag = row.flags.first ?? ""
            #expect(help.contains("\(flag) "), "\(flag)")
            let value = row.standard.replacing("`", with: "")
            guard !value.isEmpty, !value.contains(" "), value != "none", value != "off" else {
                continue
            }
            let text = try #require(help.firstRange(of: "\(flag) <"), "\(flag)")
            let rest = help[text.upperBound...]
            let described = rest[..<(rest.firstRange(of: " --")?.lowerBound ?? rest.endIndex)]
            #expect(described.contains("(default: \(value))"), "\(flag): \(described)")
            compared += 1
        }
        #expect(compared >= 8)
    }
}
