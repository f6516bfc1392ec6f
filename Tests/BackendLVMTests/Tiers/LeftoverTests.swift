import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// What a crash left half-made.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct LeftoverTests {
    private var tags: [String] {
        var tags = Tags()
        tags.set(Fact.tier, "tier")
        tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
        return tags.arguments
    }

    /// A half-made volume `b`, and what it was copied from.
    private func leave(in tier: TestTier, _ kind: TestTier.Kind, source: VolumeID) throws {
        let (group, id) = (tier.disks.name, TestTier.id("b"))
        let place =
            kind == .thick
            ? ["-L", "32m", group] : ["-V", "32m", "-T", "\(group)/\(TestTier.pool)"]
        try tier.disks.lvm(["lvcreate", "-n", id.text] + tags + place)
        let cut = kind == .thick ? ["-s", "-L", "8m"] : ["-s", "-kn"]
        let name = Temporary.name(for: id)
        try tier.disks.lvm(["lvcreate", "-n", name] + cut + tags + ["\(group)/\(source)"])
        #expect(try tier.names().isSuperset(of: [id.text, name]))
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a start removes it, and nothing that is ready`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let source = try tier.create("a")
            try tier.fill(source)
            let before = try tier.names()
            try leave(in: tier, kind, source: source)
            #expect(try tier.volumes() == [source])
            #expect(try tier.backend.volume(TestTier.id("b")) == nil)
            try tier.again().backend.start()
            #expect(try tier.names() == before)
            try tier.expectFilled(source)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a delete removes it, and nothing that is ready`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let source = try tier.create("a")
            try tier.fill(source)
            let before = try tier.names()
            try leave(in: tier, kind, source: source)
            try tier.backend.deleteVolume(TestTier.id("b"))
            #expect(try tier.names() == before)
            try tier.expectFilled(source)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a retry makes it anew`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let source = try tier.create("a")
            try tier.fill(source)
            try leave(in: tier, kind, source: source)
            let copy = try tier.create("b", mebibytes: 64, from: .volume(source))
            #expect(try tier.volumes() == [source, copy])
            #expect(try tier.backend.volume(copy)?.size == .mebibytes(64))
            try tier.expectFilled(copy)
            try tier.expectFilled(source)
        }
    }

    @Test func `the retry has the room that it took`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, diskSize: .mebibytes(200))
            let id = TestTier.id("b")
            try tier.disks.lvm(
                ["lvcreate", "-n", id.text, "-L", "160m"] + tags + [tier.disks.name]
            )
            try tier.create("b", mebibytes: 180)
            #expect(try tier.volumes() == [id])
        }
    }
}
