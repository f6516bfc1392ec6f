import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct HelpTests {
    private static let commands = [
        ["volume"], ["volume", "create"], ["volume", "list"], ["volume", "show"],
        ["volume", "delete"], ["volume", "orphans"],
        ["volume", "delete-orphans"], ["volume", "expand"], ["volume", "clone"], ["snapshot"],
        ["snapshot", "create"], ["snapshot", "list"], ["snapshot", "restore"],
        ["snapshot", "delete"], ["mount"], ["unmount"], ["tier", "list"], ["doctor"], ["version"],
        ["standalone"], ["walk"],
    ]

    @Test(arguments: commands)
    func `every command has help with an example`(command: [String]) async throws {
        let outcome = try await CommandLine.run(command + ["--help"])
        #expect(outcome.code == 0 && outcome.error.isEmpty)
        #expect(outcome.output.contains("Example:\n  cairn \(command[0])"))
    }

    @Test func `the help of cairn itself holds the table of exit codes`() async throws {
        let help = try await CommandLine.run(["--help"]).output
        let page = String(
            decoding: try Bytes.read("Sources/cairn/Documentation.docc/CommandLine.md"),
            as: UTF8.self
        )
        let table = help.split(separator: "\n").drop { $0 != "Exit codes:" }.dropFirst().prefix(8)
        #expect(table.count == 8)
        for line in table {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            let meaning = parts.last?.drop { $0 == " " } ?? ""
            #expect(page.contains("| \(parts[0]) | \(meaning) |"), "\(line)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completion scripts are made for the shells`(shell: String) async throws {
        let outcome = try await CommandLine.run(["--generate-completion-script", shell])
        #expect(outcome.code == 0 && outcome.output.contains("snapshot"))
    }

    @Test func `version tells what answers, and that nothing does`() async throws {
        let alone = try await CommandLine.run(["version", "--endpoint", "/nowhere.sock"])
        #expect(alone.code == 0)
        #expect(alone.words(after: "driver") == ["driver", "none", "answers"])
        try await withNode { node in
            let answered = try await node.cairn("version")
            #expect(answered.words(after: "node") == ["node", "command-line"])
            #expect(answered.words(after: "driver").contains("csi.cairn.storage"))
        }
    }
}
