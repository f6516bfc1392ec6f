import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// Stripes and raid on real disks.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct LayoutTests {
    private static let layouts = [
        Layout(stripes: 2), Layout(raid: .raid1), Layout(raid: .raid5),
        Layout(raid: .raid10),
    ]

    @Test(arguments: layouts)
    func `capacity counts what a layout takes`(layout: Layout) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(
                .thick,
                disks: layout.width,
                diskSize: .mebibytes(132),
                layout: layout
            )
            let before = try tier.backend.capacity()
            // 32 extents a disk, of which raid keeps one.
            let height: Int64 = layout.raid == nil ? 32 : 31
            #expect(before.total == .mebibytes(height * 4 * Int64(layout.stripes)))
            #expect(before.available == before.total)
            #expect(before.maximumVolumeSize == before.total)
            let id = try tier.create("a", mebibytes: 40)
            try tier.fill(id)
            let after = try tier.backend.capacity()
            #expect(after.available.bytes <= before.available.bytes - (40 << 20))
            expectFailure(.outOfSpace, "no room") {
                try tier.create("b", mebibytes: (after.available.bytes >> 20) + 8)
            }
            // What is promised can be had.
            try tier.create("b", mebibytes: after.maximumVolumeSize.bytes >> 20)
            try tier.expectFilled(id)
        }
    }

    @Test(arguments: layouts)
    func `too few disks are an error at the start`(layout: Layout) throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(
                disks: layout.width - 1,
                diskSize: .mebibytes(64)
            )
            let tier = TestTier(over: group, .thick(ThickOptions(layout: layout)))
            expectFailure(.unavailable, "vgextend") { try tier.backend.start() }
            expectFailure(.outOfSpace) { try tier.create("a", mebibytes: 8) }
            #expect(try tier.names().isEmpty)
        }
    }

    @Test
    func `a lost disk stops only the volumes on it`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 2, diskSize: .mebibytes(68))
            // One on each disk: both are nearly as large as one.
            let ids = [try tier.create("a", mebibytes: 60), try tier.create("b", mebibytes: 60)]
            for id in ids { try tier.fill(id) }
            let metadata = try tier.backend.group.metadata()
            let lost = try #require(metadata.disks(beneath: ids[0].text).first?.device)
            try tier.disks.lvm("vgchange", "-an", tier.disks.name)
            try tier.disks.disks.first { $0.path == lost }?.behave(.failing)
            #expect(tier.problems().contains { $0.hasPrefix("missingDisk disk \(lost)") })
            #expect(try tier.volumes() == Set(ids))
            try tier.expectFilled(ids[1])
            expectFailure(.unavailable) { try tier.backend.attach(ids[0]) }
            try tier.disks.disks.first { $0.path == lost }?.behave(.healthy)
            for id in ids { try tier.expectFilled(id) }
        }
    }

    @Test func `a RAID tier that has lost a disk starts, and serves what it has`() throws {
        try withTemporaryFolder { folder in
            let layout = Layout(raid: .raid1)
            let tier = try folder.makeTier(
                .thick,
                disks: 2,
                diskSize: .mebibytes(200),
                layout: layout
            )
            let id = try tier.create("a")
            try tier.fill(id)
            try tier.disks.lvm("vgchange", "-an", tier.disks.name)
            try tier.disks.disks[0].behave(.failing)
            let next = tier.again()
            try next.backend.start()
            try next.expectFilled(id)
            #expect(try next.backend.capacity().available == .zero)
            expectFailure(.unavailable, "a disk is missing") { try next.create("b") }
            try tier.disks.lvm("vgchange", "-an", tier.disks.name)
            try tier.disks.disks[0].behave(.healthy)
            // Who has seen the disk notices at once that it is back; others within a minute.
            try tier.create("b")
            try next.expectFilled(id)
        }
    }
}
