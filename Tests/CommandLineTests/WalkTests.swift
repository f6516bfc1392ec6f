import DriverHarness
import TestSupport
import Testing

/// The walks of the README and of the documentation, as a newcomer repeats them.
@Suite(.timeLimit(.minutes(5))) struct WalkTests {
    /// A line that was typed, and the lines that came back.
    private struct Step {
        var command: String
        var output: [String] = []
    }

    @Test(arguments: ["README.md", "Sources/cairn/Documentation.docc/CommandLine.md"])
    func `the walk can be repeated line by line`(page: String) async throws {
        try await withTemporaryFolder { folder in
            defer { Leftovers.remove(beneath: folder.path) }
            let steps = try steps(of: page, in: folder.path)
            #expect(steps.count > 15)
            let outcome = try await CommandLine.runScript(script(steps))
            var outputs = parts(of: outcome.output, between: Self.mark + "\n")
            #expect(outputs.count == steps.count + 1, "\(outcome.output)")
            outputs.removeLast()
            for (step, output) in zip(steps, outputs) {
                let lines = output.split(separator: "\n").map(String.init)
                #expect(
                    Self.matches(lines[...], step.output[...]),
                    "\(step.command)\n\(output)\ninstead of\n\(step.output)"
                )
            }
        }
    }

    private static let mark = "==== next"

    /// The commands and outputs of the page's console block.
    private func steps(of page: String, in folder: String) throws -> [Step] {
        let text = String(decoding: try Bytes.read(page), as: UTF8.self)
            .replacing("/var/tmp/cairn-walk", with: folder)
        let blocks = parts(of: text, between: "```")
        let block = blocks.first { $0.hasPrefix("console") } ?? ""
        var steps: [Step] = []
        for line in block.split(separator: "\n").dropFirst() {
            if line.hasPrefix("# ") {
                steps.append(Step(command: String(line.dropFirst(2))))
            } else if line.hasPrefix("> ") {
                steps[steps.count - 1].command += "\n" + line.dropFirst(2)
            } else {
                steps[steps.count - 1].output.append(String(line))
            }
        }
        return steps
    }

    private func parts(of text: String, between separator: String) -> [String] {
        text.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }

    /// Types every command and marks where its output ends.
    private func script(_ steps: [Step]) -> String {
        var lines = ["exec 2>&1", "trap 'kill $(jobs -p) 2>/dev/null' EXIT"]
        for step in steps {
            lines.append(step.command)
            // A person is slower than the driver's start.
            if step.command.hasSuffix("&") {
                lines.append("until cairn version | grep -q ^node; do sleep 0.1; done")
            }
            lines.append("echo '\(Self.mark)'")
        }
        return lines.joined(separator: "\n")
    }

    /// Whether the lines are those expected; `...` stands for any number of them.
    private static func matches(_ lines: ArraySlice<String>, _ expected: ArraySlice<String>) -> Bool
    {
        guard let first = expected.first else { return lines.isEmpty }
        let rest = expected.dropFirst()
        if first == "..." {
            return (lines.startIndex...lines.endIndex).contains { matches(lines[$0...], rest) }
        }
        guard let line = lines.first, isAlike(line, first) else { return false }
        return matches(lines.dropFirst(), rest)
    }

    /// Word for word, but for what differs from host to host: times, devices, room.
    private static func isAlike(_ line: String, _ expected: String) -> Bool {
        let (words, others) = (line.split(separator: " "), expected.split(separator: " "))
        guard words.count == others.count else { return false }
        return zip(words, others).allSatisfy { word, other in
            word == other || (isMeasured(word) && isMeasured(other))
        }
    }

    private static func isMeasured(_ word: Substring) -> Bool {
        word.contains(where: \.isNumber) && !word.contains("v1-") && !word.contains("s1-")
    }
}
