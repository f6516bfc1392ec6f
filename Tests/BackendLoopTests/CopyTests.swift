import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

@Suite
struct CopyTests {
    private let noise = Bytes.noise(count: 1 << 20)

    /// A volume with a megabyte of noise at its beginning and four bytes near its end.
    private func makeSource(_ pool: TestPool) throws -> VolumeID {
        let id = try pool.backend.create(volumeRecord("source")).id
        try Bytes.write(noise, to: pool.volumePath(id))
        try Bytes.write(Array("tail".utf8), to: pool.volumePath(id), at: 31 << 20)
        return id
    }

    private func holdsSource(_ path: String) throws -> Bool {
        let head = try Bytes.read(path, count: noise.count)
        let gap = try Bytes.read(path, at: 8 << 20, count: 1 << 20)
        let tail = try Bytes.read(path, at: 31 << 20, count: 4)
        return head == noise && gap.allSatisfy { $0 == 0 } && tail == Array("tail".utf8)
    }

    @Test(arguments: PoolKind.all)
    func `pools share blocks where their file system can`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let abilities = try pool.backend.abilities
            #expect(abilities.sharesBlocks == (kind.filesystem != .ext4))
        }
    }

    @Test(arguments: PoolKind.all)
    func `a snapshot keeps what the volume held, and a restore holds it`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let source = try makeSource(pool)
            let record = snapshotRecord("snap", of: "source")
            #expect(try pool.backend.create(record) == record)
            try Bytes.write([UInt8](repeating: 9, count: 1 << 20), to: pool.volumePath(source))
            #expect(try holdsSource(pool.snapshotPath(record.id)))
            let restored = try pool.backend.create(
                volumeRecord(
                    "restored",
                    size: .mebibytes(40),
                    source: .snapshot(record.id),
                    contents: .copied
                )
            ).id
            #expect(try holdsSource(pool.volumePath(restored)))
            #expect(try pool.facts(pool.volumePath(restored)).size == .mebibytes(40))
            let tail = try Bytes.read(pool.volumePath(restored), at: 32 << 20, count: 8 << 20)
            #expect(tail.count == 8 << 20 && tail.allSatisfy { $0 == 0 })
            #expect(try pool.restart().snapshots() == [record])
            #expect(try pool.backend.snapshot(record.id) == record)
        }
    }

    @Test(arguments: PoolKind.all)
    func `a restored volume outlives its snapshot and its source`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let source = try makeSource(pool)
            let snapshot = try pool.backend.create(snapshotRecord("snap", of: "source")).id
            let restored = try pool.backend.create(
                volumeRecord("restored", source: .snapshot(snapshot))
            ).id
            try pool.backend.deleteVolume(source)
            try pool.backend.deleteSnapshot(snapshot)
            try pool.backend.deleteSnapshot(snapshot)
            #expect(try pool.backend.snapshots().isEmpty)
            #expect(try pool.folder("snapshots").isEmpty)
            #expect(try holdsSource(pool.volumePath(restored)))
        }
    }

    @Test(arguments: PoolKind.all)
    func `a clone and its source change apart from each other`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let source = try makeSource(pool)
            let progress = Progress()
            let clone = try pool.backend.createVolume(
                volumeRecord("clone", source: .volume(source)),
                progress: progress
            ).id
            #expect(progress.percent == 100)
            let other = [UInt8](repeating: 7, count: 4096)
            try Bytes.write(other, to: pool.volumePath(clone), at: 8 << 20)
            #expect(try holdsSource(pool.volumePath(source)))
            try Bytes.write(other, to: pool.volumePath(source))
            #expect(try Bytes.read(pool.volumePath(clone), count: noise.count) == noise)
        }
    }

    @Test(arguments: PoolKind.thick)
    func `a thick copy has every block, and what it shares is owed`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let source = try makeSource(pool)
            let clone = try pool.backend.create(volumeRecord("clone", source: .volume(source))).id
            #expect(try pool.facts(pool.volumePath(clone)).allocated >= .mebibytes(32))
            let owed = try pool.backend.space.charge(of: clone.text)?.owed ?? .zero
            switch kind.filesystem {
            case .ext4: #expect(owed == .zero)
            case .xfs: #expect(owed >= .mebibytes(1) && owed < .mebibytes(8))
            // btrfs shares what is allocated and was never written, too.
            case .btrfs: #expect(owed >= .mebibytes(1))
            }
        }
    }

    @Test(arguments: PoolKind.thick.filter { $0.filesystem != .ext4 })
    func `nothing is owed for what is shared no longer`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let source = try makeSource(pool)
            let clone = try pool.backend.create(volumeRecord("clone", source: .volume(source))).id
            try pool.backend.deleteVolume(source)
            _ = try pool.backend.capacity()
            try pool.restart()
            _ = try pool.backend.capacity()
            #expect(try pool.backend.space.charge(of: clone.text)?.owed == .zero)
        }
    }

    @Test
    func `a copy smaller than its source is refused`() throws {
        try withPool(.ext4Thin) { pool in
            let source = try makeSource(pool)
            let clone = volumeRecord("clone", size: .mebibytes(16), source: .volume(source))
            #expect(failure { try pool.backend.create(clone) }.code == .unsupportedSize)
            let snapshot = snapshotRecord("s", of: "source", size: .mebibytes(16))
            #expect(failure { try pool.backend.create(snapshot) }.code == .unsupportedSize)
            let left = try pool.folder("volumes") + pool.folder("snapshots")
            #expect(left == [source.text])
        }
    }

    @Test
    func `a copy of what does not exist is refused and leaves nothing`() throws {
        try withPool(.ext4Thin) { pool in
            let missing = volumeRecord("a", source: .volume(volumeID("missing")))
            #expect(failure { try pool.backend.create(missing) }.code == .notFound)
            let unknown = volumeRecord("a", source: .snapshot(snapshotID("missing")))
            #expect(failure { try pool.backend.create(unknown) }.code == .notFound)
            let snapshot = snapshotRecord("s", of: "missing")
            #expect(failure { try pool.backend.create(snapshot) }.code == .notFound)
            let left = try pool.folder("volumes") + pool.folder("snapshots")
            #expect(left.isEmpty)
        }
    }

    @Test(arguments: PoolKind.all)
    func `a raw device in use is copied only where that is one step`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let source = try makeSource(pool)
            _ = try pool.backend.attach(source)
            let record = snapshotRecord("snap", of: "source")
            if kind.filesystem == .ext4 {
                let error = failure { try pool.backend.create(record) }
                #expect(error.code == .inUse)
                #expect(error.message.contains("unpublish it first"))
                #expect(try pool.folder("snapshots").isEmpty)
            } else {
                try pool.backend.create(record)
                #expect(try holdsSource(pool.snapshotPath(record.id)))
            }
            try pool.backend.detach(source)
        }
    }
}
