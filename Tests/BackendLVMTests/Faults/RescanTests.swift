import Backend
import CSIMessages
import DriverCore
import DriverHarness
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// What a look beside running calls sets right, and what it leaves alone.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct RescanTests {
    private static func leftover(_ tier: String) -> [String] {
        var tags = Tags()
        tags.set(Fact.tier, tier)
        tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
        return tags.arguments
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a half-made volume that somebody has open stays until they let go`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = TestTier.id("b")
            let place =
                kind == .thick
                ? ["-L", "32m", tier.disks.name]
                : ["-V", "32m", "-T", "\(tier.disks.name)/\(TestTier.pool)"]
            try tier.disks.lvm(["lvcreate", "-n", id.text] + Self.leftover("tier") + place)
            let path = tier.disks.path(of: id.text)
            try Guest.run("mkfs.ext4", ["-q", path])
            let target = try folder.makeFolder("held")
            try Guest.run("mount", [path, target])
            folder.onCleanup { _ = try? Guest.run("umount", [target]) }
            expectFailure(.operationPending, "unfinished", "unmount") { try tier.create("b") }
            expectFailure(.inUse, "unmount") { try tier.backend.deleteVolume(id) }
            try tier.backend.rescan()
            #expect(tier.backend.repairs.unexplained == [.leftover: 1])
            #expect(try tier.names().contains(id.text))
            #expect(try tier.volumes().isEmpty)
            try Guest.run("umount", [target])
            try tier.backend.rescan()
            #expect(tier.backend.repairs.unexplained == [:])
            #expect(tier.backend.repairs.removed == 1)
            #expect(try !tier.names().contains(id.text))
            try tier.create("b")
        }
    }

    @Test
    func `what is being made, and what is not ours, is left alone`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let made = TestTier.id("b")
            let foreign = TestTier.id("c")
            let unmarked = TestTier.id("d")
            for (id, tags) in [
                (made, Self.leftover("tier")), (foreign, Self.leftover("gone")), (unmarked, []),
            ] {
                try tier.disks.lvm(
                    ["lvcreate", "-L", "8m", "-n", id.text] + tags + [tier.disks.name]
                )
            }
            let before = try tier.names()
            try tier.backend.keys.holding(made.text) { () throws(DriverError) in
                try tier.backend.rescan()
            }
            #expect(try tier.names() == before)
            #expect(tier.backend.repairs.removed == 0)
            #expect(tier.backend.repairs.unexplained == [.stranger: 2])
            try tier.backend.rescan()
            #expect(try tier.names() == before.subtracting([made.text]))
            #expect(tier.backend.repairs.removed == 1)
            #expect(tier.backend.repairs.looks == 3)
        }
    }

    @Test
    func `SIGHUP removes leftovers and resumes what is suspended`() async throws {
        try await withDriver(.thin) { cluster in
            let id = try await cluster.create("a").volumeID
            try await cluster.using(id) { try write("before", in: $0) }
            let path = try #require(
                try Guest.run("lvm", ["lvs", "--noheadings", "-o", "lv_path", "@cairn"])
                    .standardOutput.split(whereSeparator: \.isWhitespace).first
            )
            let group = try #require(path.split(separator: "/").dropFirst().first)
            let pool = "\(group)/\(TestTier.pool)"
            let left = TestTier.id("left").text
            try Guest.run(
                "lvm",
                ["lvcreate", "-y", "-n", left, "-V", "32m", "-T", pool] + Self.leftover("lvm")
            )
            for device in [String(path), "\(group)-\(TestTier.pool)-tpool"] {
                try Guest.run("dmsetup", ["suspend", device])
            }
            let count = try cluster.driver.log().count
            cluster.driver.signal(SIGHUP)
            try await cluster.waitForLog("scanned all tiers", after: count)
            let line = try #require(
                try cluster.driver.log().last {
                    $0["message"]?.hasPrefix("scanned all tiers") ?? false
                }
            )
            #expect(line["removed"] == "1")
            #expect(line["resumed"] == "2")
            #expect(line["unexplained"] == "nothing")
            try await cluster.using(id) { try expectContents("before", in: $0) }
        }
    }
}
