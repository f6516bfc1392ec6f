import Backend
import DiskFormat
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// The logical block size of a volume's device, and the direct I/O that depends on it.
@Suite(.timeLimit(.minutes(3)))
struct BlockSizeTests {
    private static let reflink = PoolKind(filesystem: .xfs, isThick: false)

    private func blockSize(of device: AttachedDevice) throws -> String {
        let name = device.path.split(separator: "/").last ?? ""
        let path = "/sys/block/\(name)/queue/logical_block_size"
        return String(decoding: try Bytes.read(path), as: UTF8.self)
    }

    private func usesDirectIO(_ id: VolumeID, _ pool: TestPool) throws -> Bool {
        let identity = try pool.facts(pool.volumePath(id)).identity
        return try #require(try pool.loopDevices.attachment(of: identity)).usesDirectIO
    }

    private func problems(_ pool: TestPool) throws -> [Finding] {
        try pool.backend.health().problems.filter { $0.kind == .bufferedIO }
    }

    @Test(arguments: [nil, BlockSize.bytes512, .bytes4096])
    func `a device has the block size of its record for the volume's whole life`(size: BlockSize?)
        throws
    {
        try withPool(Self.reflink) { pool in
            let id = try pool.backend.create(volumeRecord("a", blockSize: size)).id
            for _ in 0..<2 {
                let device = try pool.backend.attach(id)
                #expect(try blockSize(of: device) == "\((size ?? .bytes512).rawValue)\n")
                #expect(
                    try pool.backend.expandVolume(id, to: .mebibytes(48)).size == .mebibytes(48)
                )
                try pool.backend.detach(id)
                #expect(try pool.restart().volume(id)?.blockSize == size)
            }
        }
    }

    @Test
    func `a device with blocks of 4 KiB keeps direct I-O after a cut`() throws {
        try withPool(Self.reflink) { pool in
            let id = try pool.backend.create(volumeRecord("a", blockSize: .bytes4096)).id
            let target = try pool.mount(id, named: "mnt")
            try Bytes.write([UInt8](repeating: 1, count: 1 << 20), to: "\(target.path)/file")
            try pool.backend.create(snapshotRecord("s", of: "a"))
            try Mounts.unmountAll(target)
            try pool.backend.detach(id)
            let again = try pool.mount(id, named: "again", formatting: false)
            #expect(try usesDirectIO(id, pool))
            #expect(try problems(pool).isEmpty)
            try Mounts.unmountAll(again)
        }
    }

    /// The same happens on a disk with blocks of 512 bytes once the file shares blocks, on kernels
    /// that ask the file for its alignment (Linux 6.18).
    @Test
    func `a device that fell back to the page cache is reported until it is gone`() throws {
        try withPool(Self.reflink, sectors: .bytes4096) { pool in
            let small = try pool.backend.create(volumeRecord("small", blockSize: .bytes512)).id
            let large = try pool.backend.create(volumeRecord("large", blockSize: .bytes4096)).id
            _ = try pool.backend.attach(small)
            _ = try pool.backend.attach(large)
            #expect(try !usesDirectIO(small, pool))
            #expect(try usesDirectIO(large, pool))
            for isRestarted in [false, true] {
                if isRestarted { try pool.restart() }
                let found = try problems(pool)
                #expect(found.map(\.subject) == ["volume \(small)"])
                #expect(found.first?.found.contains("512 bytes") ?? false)
                #expect(found.first?.advice?.contains("4096") ?? false)
            }
            let survey = PoolSurvey(of: pool.path, tier: "test", rules: PoolRules())
            #expect(survey.buffered.map(\.id) == [small])
            try pool.backend.detach(small)
            #expect(try problems(pool).isEmpty)
            try pool.backend.detach(large)
        }
    }

    @Test
    func `the block size is a key of the records, and its absence is 512 bytes`() throws {
        let small = Stored(record: volumeRecord("a"), sharedAtCreation: .zero)
        #expect(small.record.loopBlockSize == .bytes512)
        let text = String(decoding: try DiskFormat.encode(small), as: UTF8.self)
        #expect(!text.contains("blockSize"))
        for size in BlockSize.allCases {
            let volume = Stored(record: volumeRecord("a", blockSize: size), sharedAtCreation: .zero)
            let bytes = try DiskFormat.encode(volume)
            #expect(
                String(decoding: bytes, as: UTF8.self).contains("\"blockSize\" : \(size.rawValue)")
            )
            #expect(try DiskFormat.decode(Stored<VolumeRecord>.self, from: bytes) == volume)
            var record = snapshotRecord("s", of: "a")
            record.blockSize = size
            let snapshot = Stored(record: record, sharedAtCreation: .zero)
            let again = try DiskFormat.decode(
                Stored<SnapshotRecord>.self,
                from: DiskFormat.encode(snapshot)
            )
            #expect(again == snapshot)
        }
        let odd = text.replacing("\"claim\"", with: "\"blockSize\" : 1024, \"claim\"")
        let error = failure {
            _ = try DiskFormat.decode(Stored<VolumeRecord>.self, from: Array(odd.utf8))
        }
        #expect(error.message.contains("record.blockSize"))
    }

    /// A driver of version 1 would show blocks of 512 bytes, and a partition table be misread.
    @Test
    func `raw blocks of 4 KiB are kept from drivers that do not know of them`() throws {
        func version(_ change: (inout VolumeRecord) -> Void) throws -> Bool {
            var record = volumeRecord("a", blockSize: .bytes4096)
            change(&record)
            let stored = Stored(record: record, sharedAtCreation: .zero)
            let bytes = try DiskFormat.encode(stored)
            #expect(try DiskFormat.decode(Stored<VolumeRecord>.self, from: bytes) == stored)
            return String(decoding: bytes, as: UTF8.self).contains("\"formatVersion\" : 2")
        }
        #expect(try !version { _ in })
        #expect(try version { $0.contents = .raw })
        #expect(try version { $0.capabilities[0].isBlock = true })
        #expect(
            try !version { record in
                record.contents = .raw
                record.blockSize = .bytes512
            }
        )
        var snapshot = snapshotRecord("s", of: "a")
        snapshot.blockSize = .bytes4096
        #expect(snapshot.formatVersion == 1)
        snapshot.contents = .raw
        #expect(snapshot.formatVersion == 2)
    }
}
