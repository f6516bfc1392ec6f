import DriverCore
import TestSupport
import Testing

/// `cairn volume orphans` and `cairn volume delete-orphans`.
@Suite(.timeLimit(.minutes(5))) struct OrphanTests {
    /// What the tests read of the answer in JSON.
    private struct Findings: Decodable {
        struct Orphan: Decodable {
            let kind: String
            let id: String
            let name: String?
            let claim: String?
            let sizeBytes: Int64
            let ageSeconds: Int64
            let isYoung: Bool
        }

        let orphans: [Orphan]
        let volumes: Int
        let areSnapshotsJudged: Bool
    }

    private static let driver = "csi.cairn.storage"

    /// A list as kubectl prints it.
    private func list(_ items: String..., kind: String = "List", metadata: String = "{}") -> String
    {
        #"{"apiVersion":"v1","kind":"\#(kind)","metadata":\#(metadata),"items":["#
            + items.joined(separator: ",") + "]}"
    }

    private func volume(_ handle: String, driver: String = driver) -> String {
        #"{"kind":"PersistentVolume","metadata":{"name":"pv"},"spec":{"capacity":{"storage":"1Gi"},"#
            + #""csi":{"driver":"\#(driver)","volumeHandle":"\#(handle)"}}}"#
    }

    private func contents(of handle: String?, source: String) -> String {
        let status = handle.map { #","status":{"snapshotHandle":"\#($0)"}"# } ?? ""
        return #"{"kind":"VolumeSnapshotContent","spec":{"driver":"\#(Self.driver)","#
            + #""source":{"volumeHandle":"\#(source)"}}\#(status)}"#
    }

    /// Runs the command with a text on its standard input: from a pipe, as kubectl gives it, or a file.
    private func orphans(
        _ text: String,
        _ options: String = "",
        fromFile: Bool = false,
        on node: Node
    ) async throws -> Outcome {
        let file = "\(node.folder)/objects.json"
        try Bytes.write(text, to: file)
        let environment = node.environment.map { "export '\($0)'; " }.joined()
        let command = "cairn volume orphans \(options)"
        return try await CommandLine.runScript(
            environment + (fromFile ? "\(command) < '\(file)'" : "cat '\(file)' | \(command)")
        )
    }

    private func findings(_ text: String, _ options: String = "", on node: Node) async throws
        -> Findings
    {
        let outcome = try await orphans(text, "--output json \(options)", on: node)
        #expect(outcome.code == 0, "\(outcome.error)")
        return try outcome.decoded(Findings.self)
    }

    @Test func `what no object names is named, and nothing is changed`() async throws {
        try await withNode { node in
            let known = try await node.make("known")
            let lost = try await node.make("lost", "--size", "24Mi")
            let found = try await findings(list(volume(known.id)), on: node)
            #expect(found.orphans.map(\.id) == [lost.id])
            #expect(found.orphans.first?.name == "lost")
            #expect(found.orphans.first?.sizeBytes == 24 << 20)
            #expect(found.orphans.first?.isYoung == true)
            #expect(found.volumes == 2)
            let table = try await orphans(list(volume(known.id)), fromFile: true, on: node)
            let row = table.words(after: "volume")
            #expect(row.contains("24Mi") && row.contains("young") && row.last == lost.id)
            let none = try await orphans(list(volume(known.id), volume(lost.id)), on: node)
            #expect(none.output == "nothing is forgotten: volumes: 2, snapshots: 0\n")
            #expect(try await node.cairn("volume", "show", "lost").code == 0)
        }
    }

    @Test func `volumes of another driver do not count`() async throws {
        try await withNode { node in
            let known = try await node.make("known")
            let lost = try await node.make("lost")
            let other = volume(lost.id, driver: "other.example.com")
            let text = list(volume(known.id), other, #"{"kind":"PersistentVolume","spec":{}}"#)
            #expect(try await findings(text, on: node).orphans.map(\.id) == [lost.id])
        }
    }

    @Test func `the API's own lists, whose items have no kind, are read too`() async throws {
        try await withNode { node in
            let known = try await node.make("known")
            let item = volume(known.id).replacing(#""kind":"PersistentVolume","#, with: "")
            let text = list(item, kind: "PersistentVolumeList")
            #expect(try await findings(text, on: node).orphans.isEmpty)
        }
    }

    @Test func `what is no whole list makes no volume forgotten`() async throws {
        try await withNode { node in
            let known = try await node.make("known")
            let item = volume(known.id)
            let texts = [
                ("", "it is empty"), (" \n", "it is empty"),
                ("error: no such cluster", "not a JSON list"),
                (#"{"kind":"List"}"#, "no items"), (item, "its kind is 'PersistentVolume'"),
                (list(item, metadata: #"{"continue":"x"}"#), "one page"),
                (list(item, metadata: #"{"remainingItemCount":3}"#), "one page"),
                (list(item, #"{"kind":"Pod","spec":{}}"#), "'Pod'"),
                (list(item, volume("")), "no volumeHandle"),
                (list(item).dropLast().description, "not a JSON list"),
            ]
            for (text, reason) in texts {
                let outcome = try await orphans(text, on: node)
                #expect(outcome.code == 2 && outcome.error.contains(reason), "\(text)")
            }
        }
    }

    @Test func `a list that names nothing here is believed only when somebody says so`()
        async throws
    {
        try await withNode { node in
            let lost = try await node.make("lost")
            for text in [list(), list(volume("v1-of-another-cluster"))] {
                let refused = try await orphans(text, on: node)
                #expect(refused.code == 2 && refused.error.contains("--trust-list"), "\(text)")
                let trusted = try await findings(text, "--trust-list", on: node)
                #expect(trusted.orphans.map(\.id) == [lost.id])
            }
        }
    }

    @Test func `snapshots are compared where the list has their kind`() async throws {
        try await withNode { node in
            let known = try await node.make("known")
            var cuts: [String] = []
            for name in ["kept", "lost"] {
                let cut = try await node.cairn("snapshot", "create", "known", name, "-o", "json")
                cuts.append(try cut.decoded(Identified.self).id)
            }
            let silent = try await findings(list(volume(known.id)), on: node)
            #expect(silent.orphans.isEmpty && !silent.areSnapshotsJudged)
            let text = list(volume(known.id), contents(of: cuts[0], source: known.id))
            #expect(try await findings(text, on: node).orphans.map(\.id) == [cuts[1]])
            let asked = try await findings(list(volume(known.id)), "--snapshots", on: node)
            #expect(Set(asked.orphans.map(\.id)) == Set(cuts))
            // One whose object has no handle yet may be any of its source's.
            let cutting = list(volume(known.id), contents(of: nil, source: known.id))
            #expect(try await findings(cutting, on: node).orphans.isEmpty)
        }
    }

    private struct Identified: Decodable { let id: String }

    /// Makes everything of a node's pools be made in 2023, which only a new driver sees.
    private func age(_ node: Node) async throws {
        let outcome = try await CommandLine.runScript(
            "perl -pi -e 's/(\"seconds\"\\s*:\\s*)\\d+/${1}1700000000/' '\(node.scratch)'/volumes/*/"
                + "volume.json '\(node.scratch)'/snapshots/*/snapshot.json"
        )
        #expect(outcome.code == 0, "\(outcome.error)")
    }

    @Test func `only what is old is deleted, after asking`() async throws {
        try await withNode(earlier: { node in
            for name in ["known", "old"] { try await node.make(name) }
            #expect(try await node.cairn("snapshot", "create", "old", "cut").code == 0)
            try await age(node)
        }) { node in
            let known = try await node.cairn("volume", "show", "known", "-o", "json")
                .decoded(Identified.self)
            let young = try await node.make("young")
            let objects = "\(node.folder)/objects.json"
            try Bytes.write(list(volume(known.id)), to: objects)
            let found = try await findings(list(volume(known.id)), "--snapshots", on: node)
            #expect(found.orphans.map(\.isYoung) == [false, false, true])
            #expect(found.orphans.allSatisfy { $0.isYoung || $0.ageSeconds > 86_400 })

            let unasked = try await node.cairn("volume", "delete-orphans", objects)
            #expect(unasked.code == 2 && unasked.error.contains("--yes"))
            #expect(try await node.cairn("volume", "show", "old").code == 0)

            let gone = try await node.cairn(
                "volume",
                "delete-orphans",
                objects,
                "--snapshots",
                "--yes"
            )
            #expect(gone.code == 0, "\(gone.error)")
            #expect(gone.lines.count == 2)
            #expect(try await node.cairn("volume", "show", "old").code == 3)
            #expect(try await node.cairn("snapshot", "list").output == "no snapshots\n")
            for id in [known.id, young.id] {
                #expect(try await node.cairn("volume", "show", id).code == 0)
            }
            let again = try await node.cairn("volume", "delete-orphans", objects, "--yes")
            #expect(again.output == "nothing to delete\n")
        }
    }

    @Test func `an old list deletes nothing`() async throws {
        try await withNode { node in
            let known = try await node.make("known")
            let objects = "\(node.folder)/objects.json"
            try Bytes.write(list(volume(known.id)), to: objects)
            let touched = try await CommandLine.runScript("touch -d '11 minutes ago' '\(objects)'")
            #expect(touched.code == 0)
            let outcome = try await node.cairn("volume", "delete-orphans", objects, "--yes")
            #expect(outcome.code == 2 && outcome.error.contains("older than 10 minutes"))
        }
    }
}
