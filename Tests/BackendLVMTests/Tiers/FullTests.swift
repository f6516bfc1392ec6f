import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// Pools and groups that run full.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct FullTests {
    /// Writes that many MiB to a volume; throws where they do not fit.
    private func write(_ mebibytes: Int, at offset: Int, to device: String) throws {
        try Guest.run(
            "dd",
            [
                "if=/dev/zero", "of=\(device)", "bs=1M", "count=\(mebibytes)", "seek=\(offset)",
                "oflag=direct", "conv=notrunc", "status=none",
            ]
        )
    }

    @Test
    func `a pool full of data takes nothing new, and heals when it is extended`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let large = try tier.backend.attach(try tier.create("large", mebibytes: 1024)).path
            try write(490, at: 0, to: large)
            #expect(try tier.backend.capacity().available == .zero)
            expectFailure(.outOfSpace, "cairn pool extend") { try tier.create("b") }
            expectFailure(.outOfSpace, "cairn pool extend") { try tier.snapshot(id, named: "s") }
            expectFailure(.outOfSpace, "cairn pool extend") {
                try tier.backend.expandVolume(id, to: .mebibytes(64))
            }
            // There was room for what exists.
            try write(10, at: 490, to: large)
            expectFailure(.hostFailure) { try write(100, at: 500, to: large) }
            try tier.backend.checkHealth()
            try tier.expectFilled(id)
            expectFailure(.outOfSpace, "cairn pool extend") { try tier.create("b") }

            try tier.disks.lvm("lvextend", "-L", "+256m", "\(tier.disks.name)/\(TestTier.pool)")
            try write(20, at: 500, to: large)
            try tier.create("b")
            try tier.expectFilled(id)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a full metadata area takes nothing new, and lets go of what exists`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            let other = try tier.create("other")
            let snapshot = try tier.snapshot(other, named: "s")
            try tier.fill(id)
            let free = try #require(try tier.backend.group.metadata().metadataSpace).free.bytes
            // Tags of 1000 characters, until 10 KiB are left.
            let tags = (0..<(free - (10 << 10)) / 1003).map { number in
                String(repeating: "x", count: 990) + String(1_000_000_000 + number)
            }
            try tag("--addtag", tags, on: tier)
            expectFailure(.outOfSpace, "metadata area") { try tier.create("b") }
            expectFailure(.outOfSpace, "metadata area") { try tier.snapshot(id, named: "t") }
            try tier.backend.setContents(.raw, of: id)
            #expect(try tier.backend.volume(id)?.contents == .raw)
            try tier.backend.deleteSnapshot(snapshot)
            try tier.backend.deleteVolume(other)
            #expect(try tier.volumes() == [id])
            try tier.expectFilled(id)
            try tag("--deltag", tags, on: tier)
            try tier.create("b")
        }
    }

    private func tag(_ option: String, _ tags: [String], on tier: TestTier) throws {
        try tier.disks.lvm(["vgchange"] + tags.flatMap { [option, $0] } + [tier.disks.name])
    }
}
