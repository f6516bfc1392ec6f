import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

@Suite(.timeLimit(.minutes(5)))
struct SpaceTests {
    @Test(arguments: PoolKind.thick)
    func `a thick volume has all its blocks`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            #expect(try pool.facts(pool.volumePath(id)).allocated >= .mebibytes(32))
            _ = try pool.backend.expandVolume(id, to: .mebibytes(48))
            #expect(try pool.facts(pool.volumePath(id)).allocated >= .mebibytes(48))
        }
    }

    @Test(arguments: PoolKind.thin)
    func `a thin volume has none`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            #expect(try pool.facts(pool.volumePath(id)).allocated == .zero)
        }
    }

    @Test(arguments: PoolKind.thick)
    func `a thick volume keeps its blocks through mkfs, use and fstrim`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a", size: .mebibytes(64))).id
            let target = try pool.mount(id, named: "mnt")
            try Bytes.write(Bytes.noise(count: 1 << 20), to: "\(target.path)/file")
            _ = try HostCommand(program: "/sbin/fstrim", arguments: [target.path])
                .run(deadline: .seconds(30))
            try Mounts.unmountAll(target)
            #expect(try pool.facts(pool.volumePath(id)).allocated >= .mebibytes(64))
            try pool.backend.detach(id)
        }
    }

    @Test(arguments: PoolKind.thin)
    func `a thin pool whose disk is full takes nothing more`(kind: PoolKind) throws {
        try withPool(kind, overcommit: 10, reserve: .bytes(.mebibytes(200))) { pool in
            let filler = "\(pool.path)/filler"
            let free = try #require(try Folder.existing(at: pool.path)?.usage().available)
            try fill(filler, size: free - .mebibytes(100))
            let error = failure { try pool.backend.create(volumeRecord("a")) }
            #expect(error.code == .outOfSpace)
            #expect(error.message.contains("the disk below"))
            let capacity = try pool.backend.capacity()
            #expect(capacity.available == .zero && capacity.maximumVolumeSize == .zero)
            try Bytes.makeFile(filler, size: .zero)
            try Folder.existing(at: pool.path)?.synchronizeFilesystem()
            try pool.backend.create(volumeRecord("a"))
        }
    }

    @Test
    func `a copy that does not fit is undone`() throws {
        try withPool(.ext4Thin, size: .mebibytes(300), overcommit: 10) { pool in
            let id = try pool.backend.create(volumeRecord("a", size: .mebibytes(200))).id
            try fill(pool.volumePath(id), size: .mebibytes(180))
            let clone = volumeRecord("b", size: .mebibytes(200), source: .volume(id))
            #expect(failure { try pool.backend.create(clone) }.code == .outOfSpace)
            #expect(try pool.folder("volumes") == [id.text])
            #expect(try pool.backend.space.charge(of: clone.id.text) == nil)
        }
    }

    @Test(arguments: PoolKind.all)
    func `a disk that fills up under a step leaves nothing half-made`(kind: PoolKind) throws {
        try withPool(kind, overcommit: 10) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let root = try pool.backend.enter()
            let record = volumeRecord("b")
            let error = failure {
                _ = try pool.backend.build(record, into: pool.backend.volumeTable, root) {
                    data throws(DriverError) in
                    try data.allocate(from: .zero, to: .gibibytes(4))
                    throw DriverError(.hostFailure, "the disk was larger than the test thought")
                }
            }
            #expect(error.code == .outOfSpace)
            #expect(try pool.folder("volumes") == [id.text])
            #expect(try pool.backend.volume(record.id) == nil)
        }
    }

    /// Fills a file with blocks of its own.
    private func fill(_ path: String, size: ByteCount) throws {
        let chunk = Bytes.noise(count: 4 << 20)
        for offset in stride(from: Int64(0), to: size.bytes, by: chunk.count) {
            try Bytes.write(chunk, to: path, at: offset)
        }
    }
}
