import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// Layouts that a StorageClass gives its volumes, in place of their tier's.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct ClassLayoutTests {
    private func layout(of id: VolumeID, in tier: TestTier) throws -> Layout? {
        try tier.backend.group.metadata().logicalVolumes[id.text]?.layout
    }

    /// On each disk 16 extents of 4 MiB.
    @Test(
        arguments: [
            (Layout(stripes: 2, stripeSize: .kibibytes(16)), 128), (Layout(raid: .raid1), 60),
            (Layout(raid: .raid5, stripeSize: .kibibytes(64)), 120),
        ] as [(Layout, Int64)]
    )
    func `a volume has the layout of its class, and keeps it`(
        layout: Layout,
        largest: Int64
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 3, diskSize: .mebibytes(68))
            let ofClass = try tier.backend.tailored(to: layout)
            #expect(try ofClass.capacity().maximumVolumeSize == .mebibytes(largest))
            #expect(ofClass.sizeUnit == .mebibytes(4 * Int64(layout.stripes)))
            let id = try ofClass.create(tier.record("a", mebibytes: 24)).id
            #expect(try self.layout(of: id, in: tier) == layout)
            try tier.fill(id)
            #expect(try tier.backend.sizeUnit(of: id) == ofClass.sizeUnit)
            let grown = try tier.backend.expandVolume(id, to: .mebibytes(40))
            #expect(grown.size == .mebibytes(40))
            #expect(try self.layout(of: id, in: tier) == layout)
            try tier.expectFilled(id)
            #expect(try tier.again().backend.volume(id) == grown)
        }
    }

    @Test
    func `a class takes the tier's layout away, too`() throws {
        try withTemporaryFolder { folder in
            let disk = ByteCount.mebibytes(68)
            let raid1 = Layout(raid: .raid1)
            let tier = try folder.makeTier(.thick, disks: 2, diskSize: disk, layout: raid1)
            let plain = try tier.backend.tailored(to: Layout.linear)
            #expect(try tier.backend.capacity().maximumVolumeSize == .mebibytes(60))
            #expect(try plain.capacity().maximumVolumeSize == .mebibytes(128))
            let id = try plain.create(tier.record("a", mebibytes: 100)).id
            #expect(try layout(of: id, in: tier) == .linear)
        }
    }

    @Test
    func `a copy has the layout of its class, not of its source`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 3, diskSize: .mebibytes(132))
            let (linear, raid5) = (Layout.linear, Layout(raid: .raid5))
            let source = try tier.backend.tailored(to: linear).create(tier.record("a")).id
            try tier.fill(source)
            let snapshot = try tier.snapshot(source, named: "s")
            try tier.fill(source, seed: 2)
            let restored = try tier.backend.tailored(to: raid5)
                .create(tier.record("b", mebibytes: 40, from: .snapshot(snapshot))).id
            #expect(try layout(of: restored, in: tier)?.raid == .raid5)
            try tier.expectFilled(restored)
            let clone = try tier.backend.tailored(to: linear)
                .create(tier.record("c", mebibytes: 44, from: .volume(restored))).id
            #expect(try layout(of: clone, in: tier) == .linear)
            try tier.expectFilled(clone)
        }
    }

    @Test(arguments: [
        (Layout(stripes: 3), 3), (Layout(raid: .raid5), 3), (Layout(raid: .raid6), 5),
    ])
    func `too few disks are no room, and the message counts them`(
        layout: Layout,
        width: Int
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 2, diskSize: .mebibytes(68))
            let ofClass = try tier.backend.tailored(to: layout)
            let capacity = try ofClass.capacity()
            #expect(capacity.available == .zero && capacity.maximumVolumeSize == .zero)
            let record = tier.record("a", mebibytes: 12)
            expectFailure(.outOfSpace, "needs \(width) disks", "of 2 disks", "vgextend") {
                try ofClass.create(record)
            }
            #expect(try tier.names().isEmpty)
        }
    }

    @Test
    func `two legs never share a disk, whatever room the others have`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 3, diskSize: .mebibytes(68))
            // Free are 6 extents of the first disk, in two pieces, 16 of the second, 12 of the third.
            let group = tier.disks
            let places = [(0, "0-2"), (0, "6-12"), (2, "4-7")]
            for (index, (disk, extents)) in places.enumerated() {
                let place = "\(group.disks[disk].path):\(extents)"
                try group.lvm(
                    ["lvcreate", "-an", "-Zn", "-l", "100%PVS", "-n", "admin\(index)"]
                        + [group.name, place]
                )
            }
            let mirrored = try tier.backend.tailored(to: Layout(raid: .raid1))
            #expect(try mirrored.capacity().maximumVolumeSize == .mebibytes(44))
            expectFailure(.outOfSpace, "no room") {
                try mirrored.create(tier.record("a", mebibytes: 48))
            }
            let id = try mirrored.create(tier.record("a", mebibytes: 44)).id
            let metadata = try tier.backend.group.metadata()
            let legs = try #require(metadata.logicalVolumes[id.text]?.raid?.legs)
            let disks = legs.map { Set(metadata.disks(beneath: $0.data).map(\.name)) }
            #expect(disks.allSatisfy { $0.count == 1 })
            #expect(Set(disks).count == 2)
        }
    }

    @Test
    func `stripes larger than an extent are refused, where LVM makes smaller ones`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(
                disks: 2,
                diskSize: .mebibytes(32),
                arguments: ["--physicalextentsize", "64k"]
            )
            let large = Layout(stripes: 2, stripeSize: .kibibytes(128))
            let tier = TestTier(over: group, .thick(ThickOptions()))
            try tier.backend.start()
            expectFailure(.outOfSpace, "131072", "65536") { try tier.backend.tailored(to: large) }
            let striped = TestTier(over: group, .thick(ThickOptions(layout: large)))
            expectFailure(.unavailable, "131072", "65536") { try striped.backend.start() }
        }
    }

    @Test
    func `a tier that discards makes no RAID, which would promise no zeros`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(disks: 2, diskSize: .mebibytes(36))
            let tier = TestTier(over: group, .thick(ThickOptions(wipe: .discard)))
            try tier.backend.start()
            expectFailure(.outOfSpace, "wipe: discard") {
                try tier.backend.tailored(to: Layout(raid: .raid0))
            }
            let striped = try tier.backend.tailored(to: Layout(stripes: 2))
            try striped.create(tier.record("a", mebibytes: 16))
        }
    }

    @Test
    func `the volumes of a thin pool have no layout of their own`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            expectFailure(.outOfSpace, "thin pool \(tier.disks.name)/pool") {
                try tier.backend.tailored(to: Layout(raid: .raid1))
            }
        }
    }
}
