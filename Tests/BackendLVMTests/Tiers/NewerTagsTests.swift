import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// Volumes that a newer version of Cairn has made, or has added facts to.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct NewerTagsTests {
    private static let later = ["cairn.format=1.7", "cairn.later=a:b", "site.owner=somebody"]

    private func tags(of name: String, _ tier: TestTier) throws -> Set<String> {
        let rows = try tier.disks.rows("lv_name,lv_tags")
        let row = try #require(rows.first { $0.first == name })
        return Set(row[1].split(separator: ",").map(String.init))
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `facts that are not known stay through every change of a volume`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            for tag in Self.later {
                try tier.disks.lvm("lvchange", "--addtag", tag, "\(tier.disks.name)/\(id)")
            }
            let before = try tags(of: id.text, tier)
            #expect(before.isSuperset(of: Self.later))
            try tier.backend.setContents(.raw, of: id)
            _ = try tier.backend.expandVolume(id, to: .mebibytes(64))
            let after = try tags(of: id.text, tier)
            #expect(
                after == before.subtracting(["cairn.contents=blank"]).union(["cairn.contents=raw"])
            )
            let next = tier.again()
            try next.backend.start()
            #expect(try next.backend.volume(id)?.contents == .raw)
            try next.expectFilled(id)
            try next.backend.deleteVolume(id)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `what has tags of another major version is named, and left as it is`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            let half = try tier.create("b")
            let snapshot = try tier.snapshot(id, named: "s")
            for name in [id.text, half.text, snapshot.text] {
                try tier.disks.lvm(
                    "lvchange",
                    "--addtag",
                    "cairn.format=2",
                    "\(tier.disks.name)/\(name)"
                )
            }
            let path = "\(tier.disks.name)/\(half)"
            try tier.disks.lvm("lvchange", "--deltag", "cairn.state=ready", path)
            try tier.disks.lvm("lvchange", "--addtag", "cairn.state=creating", path)
            let before = try tier.names()
            let next = tier.again()
            try next.backend.start()
            for attempt in [
                { _ = try next.backend.volume(id) }, { try next.backend.deleteVolume(id) },
                { _ = try next.backend.attach(id) }, { try next.create("a") },
                { try next.create("b") }, { try next.backend.deleteVolume(half) },
                { _ = try next.backend.expandVolume(id, to: .mebibytes(64)) },
                { try next.backend.deleteSnapshot(snapshot) },
                { try next.snapshot(id, named: "s") },
            ] as [() throws -> Void] {
                expectFailure(.unavailable, "format 2", of: attempt)
            }
            #expect(try tier.names() == before)
            let told = next.problems()
            #expect(told.contains { $0.contains(id.text) && $0.contains("format 2") }, "\(told)")
        }
    }

    @Test func `a snapshot that has lost its contents is not ready to use`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            let (lost, kept) = (try tier.snapshot(id, named: "s"), try tier.create("b"))
            let whole = try tier.snapshot(kept, named: "t")
            #expect(try tier.backend.snapshots().map(\.isIntact) == [true, true])
            // A fifth of 32 MiB is reserved for it.
            let path = try tier.backend.attach(id).path
            let noise = Bytes.noise(count: 1 << 20)
            for place in 0..<16 { try Bytes.write(noise, to: path, at: Int64(place) << 20) }
            #expect(try tier.backend.snapshot(lost)?.isIntact == false)
            #expect(try tier.backend.snapshot(whole)?.isIntact == true)
            let listed = try tier.backend.snapshots()
            #expect(Set(listed.filter { !$0.isIntact }.map(\.id)) == [lost])
        }
    }
}
