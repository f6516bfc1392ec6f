import Backend
import DeviceMapper
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// What administrators do to the group of a running driver.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct BehindOurBackTests {
    @Test(arguments: TestTier.Kind.allCases)
    func `a volume that was removed is absent, and can be made again`(kind: TestTier.Kind)
        throws
    {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.disks.lvm("lvremove", "\(tier.disks.name)/\(id)")
            #expect(try tier.backend.volume(id) == nil)
            #expect(try tier.backend.attachment(of: id) == nil)
            expectFailure(.notFound, id.text) { try tier.backend.attach(id) }
            try tier.backend.detach(id)
            try tier.backend.deleteVolume(id)
            try tier.create("a")
            #expect(try tier.volumes() == [id])
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a list names a volume whose tags are damaged, and the tier stays up`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let good = try tier.create("good")
            let bad = try tier.create("bad")
            let path = "\(tier.disks.name)/\(bad)"
            try tier.disks.lvm("lvchange", "--deltag", "cairn.state=ready", path)
            expectFailure(.hostFailure, bad.text) { try tier.backend.volumes() }
            #expect(try tier.backend.readableVolumes().map(\.id) == [good])
            #expect(try tier.backend.countedVolumes().map(\.id) == [good])
            #expect(tier.backend.health().isUp)
            try tier.disks.lvm("lvchange", "--addtag", "cairn.state=ready", path)
            #expect(try tier.volumes() == [good, bad])
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a list names a volume that does not say whose it is`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let good = try tier.create("good")
            let bad = try tier.create("bad")
            let path = "\(tier.disks.name)/\(bad)"
            try tier.disks.lvm("lvchange", "--deltag", "cairn.tier=tier", path)
            expectFailure(.hostFailure, bad.text, "cairn.tier") { try tier.backend.volumes() }
            #expect(tier.problems().contains { $0.hasPrefix("record \(path)") })
            #expect(try tier.backend.volume(good)?.id == good)
            try tier.disks.lvm("lvchange", "--addtag", "cairn.tier=tier", path)
            #expect(try tier.volumes() == [good, bad])
            #expect(tier.problems() == [])
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `the device of a volume is seen in sys as well`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            _ = try tier.backend.attach(id)
            let name = MappedVolume.name(of: id.text, group: tier.disks.name)
            #expect(try DeviceTree.hasMappedDevice(named: name))
            #expect(try !DeviceTree.hasMappedDevice(named: name + "x"))
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a volume that was resized has its new size`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            try tier.disks.lvm("lvextend", "-L", "64m", "\(tier.disks.name)/\(id)")
            #expect(try tier.backend.volume(id)?.size == .mebibytes(64))
            let same = try tier.backend.expandVolume(id, to: .mebibytes(48))
            #expect(same.size == .mebibytes(64))
            #expect(try tier.backend.expandVolume(id, to: .mebibytes(80)).size == .mebibytes(80))
            try tier.expectFilled(id)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `what is not active is still there, and is attached again`(kind: TestTier.Kind)
        throws
    {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let snapshot = try tier.snapshot(id, named: "s")
            // As after a boot on which nothing was activated.
            try tier.disks.lvm("vgchange", "-an", tier.disks.name)
            #expect(try tier.volumes() == [id])
            #expect(try tier.backend.attachment(of: id) == nil)
            let next = tier.again()
            try next.backend.start()
            #expect(try next.backend.volume(id) == tier.backend.volume(id))
            #expect(try next.backend.snapshot(snapshot) != nil)
            try next.expectFilled(id)
            #expect(try next.backend.attachment(of: id) != nil)
            let copy = try next.create("b", from: .snapshot(snapshot))
            try next.expectFilled(copy)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a group that was renamed is unavailable, and nothing of it is absent`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let renamed = "\(tier.disks.name)-new"
            try tier.disks.lvm("vgrename", tier.disks.name, renamed)
            let next = tier.again()
            for backend in [tier.backend, next.backend] {
                for attempt in attempts(on: backend, id) {
                    expectFailure(.unavailable, tier.disks.name, of: attempt)
                }
            }
            try tier.disks.lvm("vgrename", renamed, tier.disks.name)
            #expect(try tier.volumes() == [id])
            try tier.expectFilled(id)
            // One that was missing at the start is looked for again, now and then.
            #expect(waitBlocking { (try? next.backend.start()) != nil })
            #expect(try next.volumes() == [id])
        }
    }

    @Test
    func `an exported group is unavailable`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            try tier.disks.lvm("vgchange", "-an", tier.disks.name)
            try tier.disks.lvm("vgexport", tier.disks.name)
            for attempt in attempts(on: tier.backend, id) {
                expectFailure(.unavailable, "vgimport", of: attempt)
            }
            try tier.disks.lvm("vgimport", tier.disks.name)
            #expect(try tier.volumes() == [id])
        }
    }

    /// Every operation of a tier that may not say that something is absent, or do anything.
    private func attempts(on backend: LVMBackend, _ id: VolumeID) -> [() throws -> Void] {
        let tier = backend.tier
        let record = VolumeRecord(
            id: TestTier.id("new"),
            name: "new",
            tier: tier,
            size: .mebibytes(32),
            capabilities: [],
            filesystem: .ext4,
            created: Timestamp(seconds: 1, nanoseconds: 0)
        )
        return [
            { try backend.start() }, { try backend.checkHealth() },
            { _ = try backend.volumes() }, { _ = try backend.volume(id) },
            { try backend.deleteVolume(id) }, { _ = try backend.capacity() },
            { _ = try backend.createVolume(record, progress: Progress()) },
            { _ = try backend.expandVolume(id, to: .mebibytes(64)) },
            { _ = try backend.attach(id) },
        ]
    }
}
