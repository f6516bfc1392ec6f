import DriverCore
import Glibc
import Host
import TestSupport
import Testing

/// What the tests of LVM stand on: the guest's device mapper, and the fixtures.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct GuestTests {
    @Test
    func `device mapper answers`() throws {
        let version = try Guest.run("dmsetup", ["version"]).standardOutput
        #expect(version.contains("Driver version:"))
        let targets = try Guest.run("dmsetup", ["targets"]).standardOutput
        #expect(targets.contains("thin-pool"))
    }

    @Test(arguments: [
        ["--type", "linear"], ["--type", "striped", "-i2"], ["--type", "raid0", "-i2"],
        ["--type", "raid1", "-m1"], ["--type", "raid5", "-i2"], ["--type", "raid6", "-i3"],
        ["--type", "raid10", "-i2", "-m1"],
    ])
    func `each layout of a volume can be made`(layout: [String]) throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(disks: 5, diskSize: .mebibytes(64))
            try group.lvm(["lvcreate"] + layout + ["--size", "24m", "--name", "a", group.name])
            let row = try #require(try group.rows("lv_name,lv_size,segtype").first)
            #expect(row == ["a", "\(24 << 20)", layout[1]])
            try Bytes.write([1, 2, 3], to: group.path(of: "a"), at: 20 << 20)
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `each file system mounts from a thin volume`(type: FilesystemType) throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup()
            try group.makeThinPool("pool", size: .gibibytes(1))
            try group.lvm("lvcreate", "-V", "512m", "-n", "a", "-T", "\(group.name)/pool")
            let device = group.path(of: "a")
            try Filesystems.make(type, on: device, options: [], isThick: false)
            let target = try folder.target("mounted")
            try target.createDirectory()
            try Mounts.mount(
                device: device,
                at: target,
                filesystem: type,
                flags: [],
                readOnly: false
            )
            try Bytes.write("kept", to: "\(target.path)/file")
            try Mounts.unmount(target)
        }
    }

    @Test
    func `a thin snapshot keeps what was written before it`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup()
            try group.makeThinPool("pool", size: .gibibytes(1))
            try group.lvm("lvcreate", "-V", "64m", "-n", "a", "-T", "\(group.name)/pool")
            let before = Bytes.noise(count: 4096, seed: 1)
            let after = Bytes.noise(count: 4096, seed: 2)
            try Bytes.write(before, to: group.path(of: "a"))
            try group.lvm("lvcreate", "-s", "-kn", "-n", "b", "\(group.name)/a")
            try Bytes.write(after, to: group.path(of: "a"))
            #expect(try Bytes.read(group.path(of: "b"), count: 4096) == before)
            #expect(try Bytes.read(group.path(of: "a"), count: 4096) == after)
        }
    }

    @Test
    func `a disk fails and heals as it is told`() throws {
        try withTemporaryFolder { folder in
            let disk = try folder.makeDisk(size: .mebibytes(8))
            try Bytes.write([1], to: disk.path)
            for failure in [GuestDisk.Behaviour.failing, .failingWrites] {
                try disk.behave(failure)
                #expect(Paths.writeError(disk.path) == EIO)
            }
            try disk.behave(.droppingWrites)
            try Bytes.write([2], to: disk.path)
            try disk.behave(.slow(milliseconds: 5))
            #expect(Paths.writeError(disk.path) == nil)
            try disk.behave(.healthy)
            #expect(Paths.writeError(disk.path) == nil)
        }
    }

    @Test
    func `what one test wrote is gone for the next`() throws {
        for _ in 0..<2 {
            try withTemporaryFolder { folder in
                let disk = try folder.makeDisk(size: .mebibytes(8))
                let offsets: [Int64] = [0, 4 << 20, (8 << 20) - 4096]
                for offset in offsets {
                    let bytes = try Bytes.read(disk.path, at: offset, count: 4096)
                    #expect(bytes == [UInt8](repeating: 0, count: 4096))
                    try Bytes.write(Bytes.noise(count: 4096), to: disk.path, at: offset)
                }
            }
        }
    }

    @Test
    func `a group is gone after its test, whatever happened to it`() throws {
        var device = ""
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(disks: 2)
            device = "/dev/\(group.name)"
            try group.makeThinPool("pool", size: .gibibytes(1))
            try group.lvm("lvcreate", "-V", "64m", "-n", "a", "-T", "\(group.name)/pool")
            #expect(Paths.exists(group.path(of: "a")))
            try group.disks[0].behave(.failing)
        }
        #expect(!Paths.exists(device))
        let left = try Guest.run("dmsetup", ["ls"]).standardOutput
        #expect(left.hasPrefix("No devices found"), "\(left)")
    }
}
