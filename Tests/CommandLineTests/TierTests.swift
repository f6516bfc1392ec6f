import DriverHarness
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct TierTests {
    private struct TierFacts: Decodable {
        let name: String?
        let isDefault: Bool
        let state: String
        let totalBytes: Int64?
        let availableBytes: Int64?
    }

    @Test func `tiers are listed with what they have, and no bar where nobody looks`() async throws
    {
        try await withNode { node in
            let listed = try await node.cairn("tier", "list")
            #expect(
                listed.words(after: "scratch").prefix(4) == [
                    "scratch", "(default)", "thin", "loop",
                ]
            )
            #expect(listed.words(after: "thick").last == "ready")
            #expect(!listed.output.contains("[") && !listed.output.contains("\u{1B}"))

            let json = try await node.cairn("tier", "list", "-o", "json")
            let tiers = try json.decoded([TierFacts].self)
            #expect(tiers.map(\.name) == ["scratch", "thick"])
            #expect(tiers.allSatisfy { ($0.totalBytes ?? 0) >= ($0.availableBytes ?? 1) })
        }
    }

    @Test func `a terminal gets bars`() async throws {
        try await withNode { node in
            let listed = try await node.cairnOnTerminal("tier", "list")
            #expect(
                listed.code == 0 && listed.output.contains("[") && listed.output.contains("--]")
            )
        }
    }

    @Test func `without a tiers file the default tier is asked for, and that is said`() async throws
    {
        try await withNode { node in
            let listed = try await CommandLine.run(["tier", "list", "--endpoint", node.endpoint])
            #expect(listed.words(after: "(default)").last == "ready")
            #expect(listed.error.contains("name the tiers file with --config"))
            let wrong = try await node.cairn("tier", "list", "--config", "/nowhere.yaml")
            #expect(wrong.code == 2 && wrong.error.contains("/nowhere.yaml"))
        }
    }

    @Test func `a tier that the driver does not know, as it was added later, is not called ready`()
        async throws
    {
        try await withNode { node in
            let file = String(decoding: try Bytes.read(node.tiersFile), as: UTF8.self)
            let later = "  - name: later\n    loop: {directory: \(node.folder)/later}\n"
            try Bytes.write(file + later, to: node.tiersFile)
            #expect(try await node.cairn("pool", "create", "later").code == 0)
            let listed = try await node.cairn("tier", "list")
            #expect(listed.code == 0)
            #expect(
                listed.words(after: "later").suffix(2) == ["not", "served"],
                "\(listed.output)"
            )
            #expect(listed.error.contains("restart the driver"), "\(listed.error)")
            #expect(listed.words(after: "scratch").last == "ready")
            #expect(!listed.error.contains("scratch"))
        }
    }

    /// A tier in memory loses its volumes with the next reboot, which nobody asked for.
    @Test func `a tier in memory is not called ready, and log and doctor say why`() async throws {
        try await withNode { folder in
            try Tool.run("/usr/bin/mount", "-t", "tmpfs", "memory", folder.path(of: "scratch"))
            folder.onCleanup { Paths.forceUnmount(folder.path(of: "scratch")) }
        } _: { node in
            let listed = try await node.cairn("tier", "list")
            #expect(listed.words(after: "scratch").last == "volatile")
            #expect(listed.words(after: "thick").last == "ready")
            let log = String(decoding: try Bytes.read("\(node.folder)/driver.log"), as: UTF8.self)
            #expect(log.contains("loses the pool"))
            let doctor = try await node.cairn("doctor")
            #expect(doctor.code == 0, "\(doctor.output)")
            #expect(doctor.output.contains("the pool is on tmpfs"))
            #expect(doctor.output.contains("volatile: true"))
        }
    }
}
