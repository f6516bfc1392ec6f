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
            #expect(error.message.contains("the disk of tier"))
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

    @Test(arguments: PoolKind.thin)
    func `at 1.0 a tier offers no room that others hold, and what its volumes hold counts once`(
        kind: PoolKind
    ) throws {
        try withPool(kind, overcommit: 1) { pool in
            let root = try #require(try Folder.existing(at: pool.path)?.usage())
            let before = try pool.backend.capacity().available
            #expect(before <= root.available)
            let id = try pool.backend.create(volumeRecord("a", size: .mebibytes(100))).id
            try fill("\(pool.path)/foreign", size: .mebibytes(100))
            try pool.settle()
            let beside = try pool.backend.capacity().available
            #expect(beside <= before - .mebibytes(199) && beside > before - .mebibytes(230))
            try fill(pool.volumePath(id), size: .mebibytes(80))
            try pool.settle()
            let written = try pool.restart().capacity().available
            #expect(written <= beside + .mebibytes(1) && written > beside - .mebibytes(20))
            let error = failure {
                try pool.backend.create(volumeRecord("b", size: beside + .mebibytes(64)))
            }
            #expect(error.code == .outOfSpace)
        }
    }

    @Test(arguments: PoolKind.thin)
    func `all that is promised at 1.0 can be written`(kind: PoolKind) throws {
        try withPool(kind, overcommit: 1, reserve: .bytes(.mebibytes(40))) { pool in
            try fill("\(pool.path)/foreign", size: .mebibytes(150))
            try pool.settle()
            let half = try pool.backend.capacity().maximumVolumeSize.bytes / 2
            let size = ByteCount(half).roundedDown(toMultipleOf: .mebibytes(4))
            let ids = try ["a", "b"].map {
                try pool.backend.create(volumeRecord($0, size: size)).id
            }
            for id in ids { try fill(pool.volumePath(id), size: size) }
            try pool.settle()
            #expect(try pool.facts(pool.volumePath(ids[1])).allocated >= size)
        }
    }

    @Test
    func `two tiers on one file system do not promise it twice`() throws {
        try withPool(.ext4Thin, overcommit: 1) { pool in
            let accounts = SpaceAccounts()
            let tiers = try ["one", "two"].map { name in
                let folder = "\(pool.path)/\(name)"
                try Paths.makeFolder(folder)
                return try PlainPool.backend(folder, tier: name, accounts: accounts)
            }
            for tier in tiers { try tier.start() }
            let before = try tiers[1].capacity().available
            try tiers[0].create(volumeRecord("a", size: .mebibytes(200)))
            let after = try tiers[1].capacity().available
            #expect(after <= before - .mebibytes(200) && after > before - .mebibytes(220))
            let error = failure { try tiers[1].create(volumeRecord("b", size: before)) }
            #expect(error.code == .outOfSpace)
            #expect(error.message.contains("promised by other tiers"))
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
