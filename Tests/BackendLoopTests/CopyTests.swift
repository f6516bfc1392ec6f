import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

@Suite(.timeLimit(.minutes(5)))
struct CopyTests {
    /// A volume with a megabyte of noise at its beginning and four bytes near its end.
    private func makeSource(_ pool: TestPool) throws -> VolumeID {
        let id = try pool.backend.create(volumeRecord("source")).id
        try Bytes.write(Bytes.noise(count: 1 << 20), to: pool.volumePath(id))
        try Bytes.write(Array("tail".utf8), to: pool.volumePath(id), at: 31 << 20)
        return id
    }

    @Test(arguments: PoolKind.all)
    func `pools share blocks where their file system can`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let abilities = try pool.backend.abilities
            #expect(abilities.sharesBlocks == (kind.filesystem != .ext4))
        }
    }

    @Test
    func `a pool that is full at the start shares blocks as soon as there is room`() throws {
        try withPool(PoolKind(filesystem: .xfs, isThick: false), overcommit: 10) { pool in
            let source = try makeSource(pool)
            pool.crash()
            let filler = "\(pool.path)/filler"
            for _ in 0..<3 {
                fillUp(filler)
                try pool.settle()
            }
            try pool.restart()
            #expect(try pool.backend.abilities.sharesBlocks == nil)
            try Paths.remove(filler)
            try pool.settle()
            let clone = try pool.backend.create(volumeRecord("clone", source: .volume(source))).id
            #expect(try pool.backend.abilities.sharesBlocks == true)
            #expect(try pool.backend.space.charge(of: clone.text)?.owed ?? .zero > .zero)
        }
    }

    /// Appends to a file until nothing more fits.
    private func fillUp(_ path: String) {
        var end = (try? Paths.size(path)) ?? 0
        for count in [4 << 20, 64 << 10, 4 << 10] {
            let chunk = Bytes.noise(count: count)
            while (try? Bytes.write(chunk, to: path, at: end)) != nil { end += Int64(count) }
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
    func `a snapshot smaller than its volume is refused and leaves nothing`() throws {
        try withPool(.ext4Thin) { pool in
            _ = try makeSource(pool)
            let snapshot = snapshotRecord("s", of: "source", size: .mebibytes(16))
            #expect(failure { try pool.backend.create(snapshot) }.code == .unsupportedSize)
            #expect(try pool.folder("snapshots").isEmpty)
        }
    }
}
