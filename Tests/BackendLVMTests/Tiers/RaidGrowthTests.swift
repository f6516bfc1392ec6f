import Backend
import DeviceMapper
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// RAID grows while it is mounted, on disks of which each holds one leg.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct RaidGrowthTests {
    /// Writes over all the room that there is, and gives it back.
    private func soil(_ group: TestSupport.VolumeGroup) throws {
        let tier = TestTier(over: group, .thick(ThickOptions(wipe: .none)))
        try tier.backend.start()
        let size = try tier.backend.capacity().maximumVolumeSize
        let id = try tier.create("soil", mebibytes: size.bytes >> 20)
        let pattern = [UInt8](repeating: 0xA5, count: 1 << 20)
        try Bytes.fill(tier.backend.attach(id).path, with: pattern)
        try tier.backend.deleteVolume(id)
    }

    private func status(of id: VolumeID, in tier: TestTier) throws -> RaidStatus {
        let metadata = try tier.backend.group.metadata()
        let volume = try #require(metadata.logicalVolumes[id.text])
        let target = try tier.backend.group.status(ofDevice: metadata.deviceUUID(of: volume)).first
        return try RaidStatus(parsing: try #require(target).status)
    }

    private func waitForRest(of id: VolumeID, in tier: TestTier) throws -> RaidStatus {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            let status = try status(of: id, in: tier)
            if status.isInSync, status.action == .idle { return status }
        }
        throw DriverError(.timedOut, "the RAID does not come to rest")
    }

    /// The disks of each leg.
    private func disks(of id: VolumeID, in tier: TestTier) throws -> [Set<String>] {
        let metadata = try tier.backend.group.metadata()
        let legs = try #require(metadata.logicalVolumes[id.text]?.raid?.legs)
        return legs.map { Set(metadata.disks(beneath: $0.data).map(\.name)) }
    }

    @Test(arguments: [
        Layout(raid: .raid0), Layout(raid: .raid1), Layout(raid: .raid5), Layout(raid: .raid10),
    ])
    func `it grows while it is mounted, and shows no old byte`(layout: Layout) throws {
        try withTemporaryFolder { folder in
            let disk = ByteCount.mebibytes(36)
            let group = try folder.makeVolumeGroup(disks: layout.width, diskSize: disk)
            try soil(group)
            let tier = TestTier(over: group, .thick(ThickOptions(layout: layout)))
            try tier.backend.start()
            let unit = Int64(layout.stripes) * 4
            let id = try tier.create("a", mebibytes: 3 * unit)
            let device = try tier.backend.attach(id).path
            try Filesystems.make(.ext4, on: device, options: [], isThick: true)
            let target = try folder.mount(device, as: .ext4, named: "mnt")
            try Bytes.write("kept", to: "\(target.path)/file")
            let grown = try tier.backend.expandVolume(id, to: .mebibytes(6 * unit))
            #expect(grown.size == .mebibytes(6 * unit))
            #expect(try BlockDevice.size(of: device) == grown.size)
            #expect(try Bytes.isZero(device, at: (3 * unit) << 20))
            #expect(try Bytes.read("\(target.path)/file", count: 4) == Array("kept".utf8))
            #expect(try tier.names() == [id.text])
            if layout.isRedundant {
                #expect(Set(try disks(of: id, in: tier)).count == layout.width)
                _ = try waitForRest(of: id, in: tier)
                try group.lvm("lvchange", "--syncaction", "check", "\(group.name)/\(id)")
                #expect(try waitForRest(of: id, in: tier).mismatches == 0)
            }
            try Mounts.unmountAll(target)
            #expect(try Bytes.isZero(device, at: (3 * unit) << 20))
        }
    }

    @Test
    func `where its disks are full it moves on to others, each leg for itself`() throws {
        try withTemporaryFolder { folder in
            let raid1 = Layout(raid: .raid1)
            let disk = ByteCount.mebibytes(36)
            let tier = try folder.makeTier(.thick, disks: 4, diskSize: disk, layout: raid1)
            // Eight extents a disk, of which one is the RAID's own, and five the volume's.
            let id = try tier.create("a", mebibytes: 20)
            let before = try disks(of: id, in: tier)
            _ = try tier.backend.expandVolume(id, to: .mebibytes(40))
            let after = try disks(of: id, in: tier)
            #expect(zip(before, after).allSatisfy { $0.isSubset(of: $1) && $1.count == 2 })
            #expect(Set(after.joined()).count == 4)
            // Three are left where the legs end now, two where they began.
            let message = expectFailure(.outOfSpace, "no room to grow", "16777216") {
                try tier.backend.expandVolume(id, to: .mebibytes(56))
            }
            #expect(message.contains("2 disks without a part of it"))
            #expect(try tier.backend.volume(id)?.size == .mebibytes(40))
            #expect(try tier.names() == [id.text])
            _ = try tier.backend.expandVolume(id, to: .mebibytes(52))
            #expect(try disks(of: id, in: tier) == after)
        }
    }

    @Test
    func `a leg does not move on to the disk of another`() throws {
        try withTemporaryFolder { folder in
            let raid1 = Layout(raid: .raid1)
            let disk = ByteCount.mebibytes(36)
            let tier = try folder.makeTier(.thick, disks: 3, diskSize: disk, layout: raid1)
            let id = try tier.create("a", mebibytes: 8)
            let legs = try disks(of: id, in: tier)
            // The first leg's disk is full now, the second's is not, and a third one is free.
            let metadata = try tier.backend.group.metadata()
            let full = try #require(metadata.disks(beneath: id.text).first { legs[0] == [$0.name] })
            let group = tier.disks
            try group.lvm(
                "lvcreate",
                "-an",
                "-Zn",
                "-l",
                "100%PVS",
                "-n",
                "admin",
                group.name,
                try #require(full.device)
            )
            expectFailure(.outOfSpace, "no room to grow") {
                try tier.backend.expandVolume(id, to: .mebibytes(16))
            }
            #expect(try disks(of: id, in: tier) == legs)
            try group.lvm("lvremove", "\(group.name)/admin")
            _ = try tier.backend.expandVolume(id, to: .mebibytes(16))
            #expect(try disks(of: id, in: tier) == legs)
        }
    }
}
