import TestSupport
import Testing

/// The tiers files that the documentation shows, as somebody copies them.
@Suite(.timeLimit(.minutes(5))) struct DocumentedTiersTests {
    private static let shown = [
        ("README.md", "scratch, fast, database"),
        ("Sources/cairn/Documentation.docc/LVM.md", "database, fast"),
    ]

    @Test(arguments: shown)
    func `the driver reads the tiers file of the page`(page: String, tiers: String) async throws {
        try await withTemporaryFolder { folder in
            let text = String(decoding: try Bytes.read(page), as: UTF8.self)
            let start = try #require(text.firstRange(of: "```yaml\ntiers:\n")).lowerBound
            let block = text[start...].dropFirst("```yaml\n".count)
            let end = try #require(block.firstRange(of: "```")).lowerBound
            let file = "\(folder.path)/tiers.yaml"
            try Bytes.write(String(block[..<end]), to: file)
            let outcome = try await CommandLine.run(
                ["doctor", "--config", file, "--without-driver", "--output", "json"]
            )
            #expect(outcome.output.contains("\(file): \(tiers)"), "\(outcome.output)")
        }
    }
}
