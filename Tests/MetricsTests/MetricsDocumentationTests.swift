import FoundationEssentials
import Testing

/// The metrics of the sources and those of the documentation, which must be the same.
@Suite(.timeLimit(.minutes(5))) struct MetricsDocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static func text(of path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(path)")), as: UTF8.self)
    }

    /// The names of the families that the sources make: what they write as `"cairn_..."` or
    /// `"process_..."` in files that import Metrics.
    private static func metricsOfSources() throws -> Set<String> {
        var names: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: "\(root)/Sources")
        where path.hasSuffix(".swift") {
            let text = try text(of: "Sources/\(path)")
            guard text.contains("import Metrics\n") else { continue }
            for match in text.matches(of: /"((?:cairn|process)_[a-z0-9_]+)"/) {
                names.insert(String(match.1))
            }
        }
        return names
    }

    /// Those that the tables of the page name in their first column.
    private static func metricsOfPage() throws -> Set<String> {
        let page = try text(of: "Sources/cairn/Documentation.docc/Metrics.md")
        return Set(
            page.matches(
                of:
                    /(?m)^\| `((?:cairn|process)_[a-z0-9_]+)` \| (?:gauge|counter|histogram) \| .+ \|$/
            )
            .map { String($0.1) }
        )
    }

    @Test func `each metric of the sources is in the page, and none else`() throws {
        let sources = try Self.metricsOfSources()
        #expect(sources.count > 30)
        #expect(try Self.metricsOfPage() == sources)
    }

    @Test func `the page says of each metric what kind it is`() throws {
        let page = try Self.text(of: "Sources/cairn/Documentation.docc/Metrics.md")
        let kinds = Dictionary(
            page.matches(of: /(?m)^\| `([a-z0-9_]+)` \| (gauge|counter|histogram) \|/)
                .map { (String($0.1), String($0.2)) },
            uniquingKeysWith: { first, _ in first }
        )
        for name in try Self.metricsOfSources() {
            if name.hasSuffix("_total") { #expect(kinds[name] == "counter", "\(name)") }
            if name.hasSuffix("_duration_seconds") || name.hasSuffix("_cut_seconds") {
                #expect(kinds[name] == "histogram", "\(name)")
            }
        }
    }
}
