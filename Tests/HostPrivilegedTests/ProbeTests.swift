import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ProbeTests {
    @Test
    func `a device of zeros is blank`() throws {
        try withTemporaryFolder { folder in
            for (name, size) in [("small", ByteCount.kibibytes(512)), ("large", .mebibytes(300))] {
                let image = try folder.attachImage(name, size: size)
                #expect(Probe.look(at: image.device.path) == .blank)
            }
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a file system is found with its UUID`(type: FilesystemType) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(300))
            try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
            guard
                case .filesystem(type.rawValue, .some(let uuid)) = Probe.look(at: image.device.path)
            else {
                Issue.record("found \(Probe.look(at: image.device.path))")
                return
            }
            #expect(uuid.utf8.count == 36)
        }
    }

    @Test(arguments: [Int64(0), 700_000, -700_000, -1])
    func `a single byte at either end is data`(offset: Int64) throws {
        try withTemporaryFolder { folder in
            let size = ByteCount.mebibytes(8)
            let image = try folder.attachImage("a", size: size)
            let place = offset < 0 ? size.bytes + offset : offset
            try Bytes.write([1], to: image.device.path, at: place)
            guard case .other = Probe.look(at: image.device.path) else {
                Issue.record("found \(Probe.look(at: image.device.path))")
                return
            }
        }
    }

    @Test
    func `random bytes are data`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(4))
            try Bytes.write(Bytes.noise(count: 4 << 20), to: image.device.path)
            #expect(Probe.look(at: image.device.path) == .other("data that libblkid does not know"))
        }
    }

    @Test
    func `partition tables are data`() throws {
        try withTemporaryFolder { folder in
            let dos = try folder.attachImage("dos", size: .mebibytes(4))
            var sector = [UInt8](repeating: 0, count: 512)
            // One Linux partition from sector 2048, 1024 sectors long.
            sector.replaceSubrange(
                446..<462,
                with: [0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0]
            )
            sector.replaceSubrange(510..<512, with: [0x55, 0xAA])
            try Bytes.write(sector, to: dos.device.path)
            #expect(Probe.look(at: dos.device.path) == .partitionTable("dos"))

            let gpt = try folder.attachImage("gpt", size: .mebibytes(4))
            try Bytes.write(PartitionTable.gpt(sectors: 8192), to: gpt.device.path)
            #expect(Probe.look(at: gpt.device.path) == .partitionTable("gpt"))
        }
    }

    @Test
    func `signatures of two file systems are data`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(300))
            let device = image.device.path
            try Filesystems.make(.xfs, on: device, options: [], isThick: false)
            let start = try Bytes.read(device, count: 512)
            try Bytes.write([UInt8](repeating: 0, count: 1 << 20), to: device)
            try Filesystems.make(
                .ext4,
                on: device,
                options: [],
                isThick: false,
                replacingHalfMade: true
            )
            try Bytes.write(start, to: device)
            #expect(
                Probe.look(at: device) == .other("several signatures that contradict each other")
            )
        }
    }

    /// So the probe alone allows nothing: the record has to say "never formatted" as well.
    @Test(arguments: FilesystemType.allCases)
    func `a file system whose ends were wiped looks blank or foreign, never healthy`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(300))
            let device = image.device.path
            try Filesystems.make(type, on: device, options: [], isThick: false)
            try Bytes.write([UInt8](repeating: 0, count: 2 << 20), to: device)
            switch Probe.look(at: device) {
            case .blank, .other: break
            case let found where type == .btrfs:
                // The copy of its superblock at 64 MiB is not looked at by libblkid.
                Issue.record("found \(found)")
            case let found: Issue.record("found \(found)")
            }
        }
    }

    @Test(arguments: ["/dev/cairn-absent", "/dev/null", "/tmp", "/etc/passwd"])
    func `what is no block device cannot be told`(path: String) {
        guard case .cannotTell = Probe.look(at: path) else {
            Issue.record("found \(Probe.look(at: path))")
            return
        }
    }

    /// The device is a file on a btrfs whose data was damaged behind its back, so reads fail.
    @Test(arguments: [0, 4 << 20 - 4096])
    func `a device that fails to read cannot be told`(damage: Int) throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.btrfs, size: .mebibytes(300), named: "pool")
            let file = "\(pool.path)/file"
            let marks = Bytes.noise(count: 4096)
            var contents = [UInt8](repeating: 0, count: 4 << 20)
            contents.replaceSubrange(damage..<(damage + 4096), with: marks)
            try Bytes.write(contents, to: file)
            try Mounts.unmountAll(pool.target)
            try damageBlock(equalTo: marks, on: pool.image.device.path, size: .mebibytes(300))
            try Mounts.mount(
                device: pool.image.device.path,
                at: pool.target,
                filesystem: .btrfs,
                flags: [],
                readOnly: false
            )
            let image = try folder.attach(file)
            guard case .cannotTell(let reason) = Probe.look(at: image.device.path) else {
                Issue.record("found \(Probe.look(at: image.device.path))")
                return
            }
            #expect(reason.contains("EIO"))
            #expect(throws: DriverError.self) {
                try Filesystems.make(.ext4, on: image.device.path, options: [], isThick: false)
            }
        }
    }

    private func damageBlock(equalTo block: [UInt8], on device: String, size: ByteCount) throws {
        var found = 0
        for offset in stride(from: Int64(0), to: size.bytes, by: 1 << 20) {
            let chunk = try Bytes.read(device, at: offset, count: 1 << 20)
            for start in stride(from: 0, to: chunk.count, by: 4096)
            where chunk[start] == block[0] && Array(chunk[start..<(start + 4096)]) == block {
                try Bytes.write([UInt8](block.reversed()), to: device, at: offset + Int64(start))
                found += 1
            }
        }
        try #require(found > 0)
    }
}
