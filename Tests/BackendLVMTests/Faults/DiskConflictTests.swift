import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// Disks that claim to be of the group beside its own: real ones, by LVM's own labels.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct DiskConflictTests {
    /// Copies the label and the metadata area of a disk, as a clone has them.
    private func clone(_ disk: GuestDisk, to other: GuestDisk) throws {
        try Bytes.write(try Bytes.read(disk.path, count: 2 << 20), to: other.path)
    }

    /// Every call that activates or changes something, or says that something is absent.
    private func expectUnavailable(_ tier: TestTier, _ id: VolumeID, _ words: String...) {
        let backend = tier.backend
        let attempts: [() throws -> Void] = [
            { try backend.start() }, { try backend.checkHealth() }, { _ = try backend.capacity() },
            { _ = try backend.attach(id) }, { try tier.create("other") },
            { _ = try backend.volumes() }, { _ = try backend.volume(id) },
            { try backend.deleteVolume(id) }, { try tier.snapshot(id, named: "s") },
            { _ = try backend.expandVolume(id, to: .mebibytes(64)) },
        ]
        for attempt in attempts {
            let message = expectFailure(.unavailable, tier.disks.name, of: attempt)
            for word in words { #expect(message.contains(word), "\(message)") }
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a cloned disk makes the group unavailable until one of the two is gone`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind, disks: 2, diskSize: .mebibytes(600))
            let id = try tier.create("a")
            try tier.fill(id)
            let disk = tier.disks.disks[0]
            let twin = try folder.makeDisk(size: .mebibytes(600))
            try clone(disk, to: twin)
            let next = tier.again()
            expectUnavailable(next, id, disk.path, twin.path)
            #expect(next.problems().contains { $0.hasPrefix("duplicateDisk") })
            #expect(!next.backend.health().isUp)

            // Who runs already finds it at its next comparison; what is staged can be ended.
            expectFailure(.unavailable, twin.path) { try tier.backend.rescan() }
            #expect(try tier.backend.attachment(of: id) != nil)
            try tier.backend.detach(id)

            try Guest.run("wipefs", ["--all", "--quiet", twin.path])
            for backend in [tier, next] {
                try backend.backend.start()
                #expect(backend.problems() == [])
                try backend.expectFilled(id)
            }
            try next.create("b")
        }
    }

    @Test func `a clone that comes while the driver runs is found without a restart`()
        throws
    {
        try withTemporaryFolder { folder in
            let started = try folder.makeTier(.thick, diskSize: .mebibytes(256))
            let group = BackendLVM.VolumeGroup(
                named: started.disks.name,
                tiers: ["tier"],
                watch: DiskWatch(interval: .zero)
            )
            _ = try group.metadata()
            let twin = try folder.makeDisk(size: .mebibytes(256))
            try clone(started.disks.disks[0], to: twin)
            try #require(waitBlocking { (try? group.metadata()) == nil }, "the clone was not found")
            expectFailure(.unavailable, twin.path) { try group.metadata() }
            try Guest.run("wipefs", ["--all", "--quiet", twin.path])
            _ = try group.metadata()
        }
    }

    @Test func `a disk that was given up and comes back waits for a decision`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 2, diskSize: .mebibytes(256))
            let id = try tier.create("a")
            try tier.fill(id)
            let (kept, old) = (tier.disks.disks[0], tier.disks.disks[1])
            try old.behave(.failing)
            try tier.disks.lvm("vgreduce", "--removemissing", tier.disks.name)
            try old.behave(.healthy)
            let next = tier.again()
            expectUnavailable(next, id, old.path, kept.path)
            #expect(next.problems().contains { $0.hasPrefix("outdatedDisk") })
            // As the message advises.
            try tier.disks.lvm("vgck", "--updatemetadata", tier.disks.name)
            try next.backend.start()
            try next.expectFilled(id)
        }
    }

    @Test func `a disk that was missing comes back by restoremissing, as before`() throws {
        try withTemporaryFolder { folder in
            let layout = Layout(raid: .raid1)
            let size = ByteCount.mebibytes(256)
            let tier = try folder.makeTier(.thick, disks: 2, diskSize: size, layout: layout)
            let id = try tier.create("a")
            try tier.fill(id)
            let disk = tier.disks.disks[1]
            try disk.behave(.failing)
            for count in 0..<5 {
                try tier.disks.lvm("lvchange", "--addtag", "t\(count)", "\(tier.disks.name)/\(id)")
            }
            try disk.behave(.healthy)
            let next = tier.again()
            try next.backend.start()
            try next.expectFilled(id)
            expectFailure(.unavailable, "restoremissing") { try next.create("b") }
            try tier.disks.lvm("vgextend", "--restoremissing", tier.disks.name, disk.path)
            try next.create("b")
            #expect(next.problems().allSatisfy { !$0.contains("Disk") })
        }
    }

    @Test func `a disk that was rolled back to an old copy is found`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 2, diskSize: .mebibytes(256))
            let disk = tier.disks.disks[1]
            let old = try Bytes.read(disk.path, count: 2 << 20)
            let id = try tier.create("a")
            try tier.fill(id)
            for name in ["b", "c"] { try tier.create(name) }
            try Bytes.write(old, to: disk.path)
            let next = tier.again()
            expectUnavailable(next, id, disk.path, tier.disks.disks[0].path)
            try tier.disks.lvm("vgck", "--updatemetadata", tier.disks.name)
            try next.backend.start()
            try next.expectFilled(id)
        }
    }
}
