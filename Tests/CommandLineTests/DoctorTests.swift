import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct DoctorTests {
    private struct Report: Decodable {
        struct Check: Decodable {
            let area: String
            let subject: String
            let state: String
            let found: String
            let advice: String?
        }
        let isHealthy: Bool
        let checks: [Check]

        var problems: [Check] { checks.filter { $0.state == "problem" } }
    }

    private func examine(_ node: Node) async throws -> Report {
        let outcome = try await node.cairn("doctor", "--output", "json")
        let report = try outcome.decoded(Report.self)
        #expect(outcome.code == (report.isHealthy ? 0 : 1))
        #expect(report.problems.allSatisfy { $0.advice != nil })
        return report
    }

    @Test func `a healthy node is told to be one`() async throws {
        try await withNode { node in
            try await node.make("data")
            #expect(try await node.cairn("mount", "data", node.target("data")).code == 0)
            let outcome = try await node.cairn("doctor")
            #expect(outcome.code == 0, "\(outcome.output)")
            #expect(outcome.lines.last?.hasPrefix("healthy: nothing wrong in ") == true)
            for area in ["programs", "kernel", "configuration", "tier scratch", "driver"] {
                #expect(outcome.lines.contains(area))
            }
            #expect(outcome.output.contains("attached: 1"))
        }
    }

    @Test func `a process that keeps a mount of its own is named`() async throws {
        try await withNode { node in
            let data = try await node.make("data")
            #expect(try await node.cairn("mount", "data", node.target("data")).code == 0)
            let stranger = try await PrivateNamespace(folder: node.folder)
            #expect(try await examine(node).isHealthy, "it is mounted here too")
            _ = try await node.cairn("unmount", node.target("data"))
            let problems = try await examine(node).problems.filter { $0.subject == data.id }
            #expect(problems.count == 1)
            #expect(problems.first?.found.contains("process \(stranger.pid) (sleep)") == true)
            try await stranger.end()
            let target = node.target("data")
            #expect(try await node.cairn("unmount", target, "--volume", "data").code == 0)
            #expect(try await examine(node).problems.isEmpty)
        }
    }

    @Test func `what is half-made, foreign or damaged is found, and only that`() async throws {
        try await withNode { node in
            let data = try await node.make("data")
            let other = try await node.make("other")
            let half = ".creating-v1-0123456789abcdef-0123456789abcdef0123456789abcdef"
            try Paths.makeFolder("\(node.scratch)/volumes/\(half)")
            try Bytes.write("x", to: "\(node.scratch)/volumes/foreign")
            try Bytes.write("{", to: "\(node.scratch)/volumes/\(data.id)/volume.json")
            try Paths.remove("\(node.scratch)/volumes/\(other.id)/data")

            let report = try await examine(node)
            let found = report.problems.map { ($0.subject.split(separator: "/").last, $0.found) }
            #expect(report.problems.count == 4, "\(report.problems)")
            #expect(found.contains { $0.0 == half[...] && $0.1.contains("unfinished") })
            #expect(found.contains { $0.0 == "foreign" && $0.1.contains("did not make") })
            #expect(found.contains { $0.0 == data.id[...] && $0.1.contains("cannot be used") })
            #expect(found.contains { $0.0 == "data" && $0.1.contains("'other' is lost") })
        }
    }

    @Test func `a loop device whose file is deleted is found`() async throws {
        try await withNode { node in
            let data = try await node.make("data")
            #expect(try await node.cairn("mount", "data", node.target("data")).code == 0)
            try Paths.remove("\(node.scratch)/volumes/\(data.id)/data")
            let report = try await examine(node)
            let device = report.problems.first { $0.subject.hasPrefix("/dev/loop") }
            #expect(device?.found.contains("which is deleted") == true)
            #expect(device?.advice?.contains("losetup --detach") == true)
        }
    }

    @Test func `a pool whose disk is not mounted is found`() async throws {
        try await withNode { node in
            try Paths.remove("\(node.scratch)/cairn-pool.json")
            let report = try await examine(node)
            #expect(report.problems.first?.found == "the marker is missing")
            #expect(report.problems.first?.advice?.contains("mount the pool's disk") == true)
        }
    }

    @Test func `a tier that left the tiers file with volumes on it is found`() async throws {
        try await withNode { node in
            try await node.make("data", "--tier", "thick")
            let text = String(decoding: try Bytes.read(node.tiersFile), as: UTF8.self)
            let end = try #require(text.firstRange(of: "  - name: thick")).lowerBound
            try Bytes.write(String(text[..<end]), to: node.tiersFile)
            let problems = try await examine(node).problems
            #expect(problems.map(\.subject) == ["tier thick"])
            #expect(problems.first?.found.contains("1 volume and 0 snapshots") == true)
            #expect(problems.first?.advice?.contains("put the tier back") == true)
        }
    }

    @Test func `no tiers file and no driver are problems, the latter if it is asked`() async throws
    {
        try await withNode { node in
            let arguments = ["doctor", "--config", "/nowhere.yaml", "--endpoint", "/nowhere.sock"]
            let both = try await CommandLine.run(arguments)
            #expect(both.code == 1 && both.output.contains("no driver answers"))
            let config = [
                "doctor", "--config", node.tiersFile, "--state-dir", node.stateFolder,
                "--without-driver",
            ]
            #expect(try await CommandLine.run(config).code == 0)
        }
    }

    @Test func `colours are for terminals, and NO_COLOR switches them off`() async throws {
        try await withNode { node in
            #expect(try await !node.cairn("doctor").output.contains("\u{1B}"))
            let coloured = try await node.cairnOnTerminal("doctor")
            #expect(coloured.output.contains("\u{1B}[32mok"))
            let plain = try await node.cairnOnTerminal("doctor", environment: ["NO_COLOR=1"])
            #expect(plain.code == 0 && !plain.output.contains("\u{1B}"))
        }
    }
}
