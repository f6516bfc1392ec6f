import DeviceMapper
import DriverCore
import Glibc
import Host
import TestSupport
import Testing

/// What the real device mapper says about the devices that the real LVM makes.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct DeviceMapperTests {
    private func uuid(_ volume: String, in group: VolumeGroup, _ layer: MappedVolume.Layer? = nil)
        throws -> String
    {
        let rows = try group.rows("lv_name,lv_uuid,vg_uuid")
        let row = try #require(rows.first { [volume, "[\(volume)]"].contains($0[0]) })
        return MappedVolume.uuid(of: row[1], group: row[2], layer: layer)
    }

    private func onlyTarget(_ uuid: String) throws -> MappedTarget {
        let targets = try DeviceMapper.targets(uuid: uuid)
        #expect(targets.count == 1)
        return try #require(targets.first)
    }

    private func pool(_ group: VolumeGroup) throws -> ThinPoolUsage {
        let target = try onlyTarget(try uuid("pool", in: group, .thinPool))
        #expect(target.type == "thin-pool")
        guard case .working(let usage) = try ThinPoolStatus(parsing: target.status) else {
            throw DriverError(.hostFailure, "the pool says \(target.status)")
        }
        return usage
    }

    @Test
    func `the kernel has the targets that tiers need, and none of another name`() throws {
        for type in ["thin-pool", "snapshot", "raid", "linear"] {
            #expect(try DeviceMapper.hasTarget(type), "\(type)")
        }
        for type in ["thick-pool", "x"] { #expect(try !DeviceMapper.hasTarget(type), "\(type)") }
    }

    @Test
    func `a device is found by its uuid, as long as it is there`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup()
            try group.lvm("lvcreate", "--size", "16m", "--name", "a-b", group.name)
            let uuid = try uuid("a-b", in: group)
            let found = try #require(try DeviceMapper.device(uuid: uuid))
            #expect(found.name == "\(group.name)-a--b")
            #expect(found.uuid == uuid)
            #expect(found.hasTable)
            #expect(!found.isSuspended)
            #expect(!found.isReadOnly)
            #expect(found.openCount == 0)
            var status = stat()
            #expect(unsafe stat(group.path(of: "a-b"), &status) == 0)
            #expect(found.number == status.st_rdev)
            #expect(unsafe stat(found.path, &status) == 0)
            #expect(found.number == status.st_rdev)
            let target = try onlyTarget(uuid)
            #expect((target.start, target.length, target.type) == (0, 32_768, "linear"))

            try group.lvm("lvchange", "--activate", "n", "\(group.name)/a-b")
            #expect(try DeviceMapper.device(uuid: uuid) == nil)
            #expect(try DeviceMapper.targets(uuid: uuid).isEmpty)
        }
    }

    @Test
    func `who has it open, whether it is read-only and whether it waits are seen`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup()
            try group.lvm("lvcreate", "--size", "16m", "--name", "a", group.name)
            let uuid = try uuid("a", in: group)
            let descriptor = unsafe open(group.path(of: "a"), O_RDONLY)
            #expect(try DeviceMapper.device(uuid: uuid)?.openCount == 1)
            close(descriptor)
            #expect(try DeviceMapper.device(uuid: uuid)?.openCount == 0)
            try Guest.run("dmsetup", ["suspend", "\(group.name)-a"])
            #expect(try DeviceMapper.device(uuid: uuid)?.isSuspended == true)
            #expect(try onlyTarget(uuid).type == "linear")
            try Guest.run("dmsetup", ["resume", "\(group.name)-a"])
            #expect(try DeviceMapper.device(uuid: uuid)?.isSuspended == false)
            try group.lvm("lvchange", "--permission", "r", "\(group.name)/a")
            #expect(try DeviceMapper.device(uuid: uuid)?.isReadOnly == true)
        }
    }

    @Test
    func `the fill level of a pool and of a volume follow what is written`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup()
            let size = ByteCount.mebibytes(256)
            try group.makeThinPool("pool", size: size, arguments: ["--chunksize", "64k"])
            try group.lvm("lvcreate", "-V", "64m", "-n", "a", "-T", "\(group.name)/pool")
            let before = try pool(group)
            #expect(before.usedDataBlocks == 0)
            #expect(before.totalDataBlocks == 4096)
            #expect(before.mode == .readWrite)
            #expect(!before.needsCheck)
            #expect(before.usedMetadataBlocks > 0)
            #expect(before.usedMetadataBlocks < before.totalMetadataBlocks)

            try Bytes.write(Bytes.noise(count: 1 << 20), to: group.path(of: "a"))
            let uuid = try uuid("a", in: group)
            try BlockDevice.flush(group.path(of: "a"))
            #expect(try pool(group).usedDataBlocks == 16)
            let target = try onlyTarget(uuid)
            #expect(target.type == "thin")
            #expect(try ThinStatus(parsing: target.status) == .mapped(sectors: 2048))

            try group.lvm("lvcreate", "-V", "64m", "-n", "b", "-T", "\(group.name)/pool")
            #expect(try pool(group).transactionID > before.transactionID)
        }
    }

    @Test
    func `a pool that is full says so, and what becomes of writes`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup()
            try group.makeThinPool("pool", size: .mebibytes(8))
            #expect(try pool(group).queuesWhenFull)
            try group.lvm("lvchange", "--errorwhenfull", "y", "\(group.name)/pool")
            #expect(try !pool(group).queuesWhenFull)
            try group.lvm("lvcreate", "-V", "64m", "-n", "a", "-T", "\(group.name)/pool")
            let path = group.path(of: "a")
            #expect(throws: (any Error).self) {
                for offset in Int64(0)..<16 {
                    try Bytes.write(Bytes.noise(count: 1 << 20), to: path, at: offset << 20)
                    try BlockDevice.flush(path)
                }
            }
            #expect(try pool(group).mode == .outOfDataSpace)
        }
    }

    @Test
    func `a snapshot tells how full its store is, and when it is lost`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup()
            try group.lvm("lvcreate", "--size", "32m", "--name", "a", group.name)
            try group.lvm("lvcreate", "-s", "--size", "8m", "--name", "s", "\(group.name)/a")
            let uuid = try uuid("s", in: group)
            func status() throws -> SnapshotStatus {
                try SnapshotStatus(parsing: try onlyTarget(uuid).status)
            }
            guard case .valid(let used, let total, _) = try status() else {
                Issue.record("a new snapshot is not valid")
                return
            }
            #expect(used < total)
            #expect(total == 16_384)
            let path = group.path(of: "a")
            for offset in Int64(0)..<16 {
                try Bytes.write(Bytes.noise(count: 1 << 20), to: path, at: offset << 20)
                try BlockDevice.flush(path)
            }
            #expect(try status() == .invalid)
            #expect(try DeviceMapper.device(uuid: try self.uuid("a", in: group, .real)) != nil)
            #expect(
                try DeviceMapper.device(uuid: try self.uuid("s", in: group, .copyOnWrite)) != nil
            )
        }
    }

    @Test
    func `a RAID that loses a leg says which`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(disks: 3, diskSize: .mebibytes(64))
            let layout = ["--type", "raid5", "--stripes", "2", "--nosync"]
            try group.lvm(["lvcreate"] + layout + ["--size", "16m", "-n", "a", group.name])
            let uuid = try uuid("a", in: group)
            func status() throws -> RaidStatus {
                try RaidStatus(parsing: try onlyTarget(uuid).status)
            }
            #expect(try status().legs == [.inSync, .inSync, .inSync])
            #expect(try !status().isDegraded)
            try group.disks[1].behave(.failing)
            for offset in Int64(0)..<4 {
                try Bytes.write(
                    Bytes.noise(count: 1 << 20),
                    to: group.path(of: "a"),
                    at: offset << 20
                )
            }
            try BlockDevice.flush(group.path(of: "a"))
            #expect(try status().legs == [.inSync, .failed, .inSync])
            #expect(try status().isDegraded)
        }
    }

    @Test
    func `many threads look at once, also while a disk hangs`() async throws {
        let threads = BlockingPool(threads: 8)
        try await withTemporaryFolder { folder in
            let hanging = try folder.makeVolumeGroup()
            let healthy = try folder.makeVolumeGroup()
            for group in [hanging, healthy] {
                try group.makeThinPool("pool", size: .mebibytes(64))
                try group.lvm("lvcreate", "-V", "64m", "-n", "a", "-T", "\(group.name)/pool")
            }
            let stuck = try uuid("pool", in: hanging, .thinPool)
            let other = try uuid("pool", in: healthy, .thinPool)
            try hanging.disks[0].suspend()
            // The metadata of the pool is being written out, for as long as the disk hangs.
            async let write = threads.run { () throws(DriverError) in
                try BlockDevice.flush(hanging.path(of: "a"))
            }
            async let look = threads.run { () throws(DriverError) in
                try DeviceMapper.targets(uuid: stuck).count
            }
            for _ in 0..<50 {
                async let first = threads.run { () throws(DriverError) in
                    try DeviceMapper.targets(uuid: other).count
                }
                async let second = threads.run { () throws(DriverError) in
                    try DeviceMapper.device(uuid: stuck)?.uuid
                }
                #expect(try await first == 1)
                #expect(try await second == stuck)
            }
            try hanging.disks[0].resume()
            #expect(try await look == 1)
            try await write
        }
    }
}
