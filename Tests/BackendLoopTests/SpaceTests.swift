import Backend
import DriverCore
import Glibc
import Host
import Synchronization
import TestSupport
import Testing

@testable import BackendLoop

@Suite
struct SpaceTests {
    @Test(arguments: PoolKind.thick)
    func `a thick volume has all its blocks`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            #expect(try pool.facts(pool.volumePath(id)).allocated >= .mebibytes(32))
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

    @Test(arguments: PoolKind.all)
    func `the largest volume that is offered can be made`(kind: PoolKind) throws {
        try withPool(kind, overcommit: 1) { pool in
            let largest = try pool.backend.capacity().maximumVolumeSize
            #expect(largest > .mebibytes(150))
            try pool.backend.create(volumeRecord("a", size: largest))
            let rest = try pool.backend.capacity()
            #expect(rest.available < .mebibytes(32))
            let error = failure { try pool.backend.create(volumeRecord("b", size: largest)) }
            #expect(error.code == .outOfSpace)
            #expect(error.message.contains("tier test has no room"))
            #expect(try pool.folder("volumes").count == 1)
        }
    }

    @Test(arguments: PoolKind.all)
    func `concurrent creates get what there is and no more`(kind: PoolKind) throws {
        try withPool(kind, overcommit: 1) { pool in
            let backend = try pool.backend
            let size = ByteCount.mebibytes(40)
            let before = try backend.capacity().available
            let made = Mutex(0)
            let refusals = Mutex<[DriverError.Code]>([])
            onThreads(16) { index in
                do throws(DriverError) {
                    try backend.create(volumeRecord("volume \(index)", size: size))
                    made.withLock { $0 += 1 }
                } catch {
                    refusals.withLock { $0.append(error.code) }
                }
            }
            let count = made.withLock { $0 }
            #expect(refusals.withLock { $0 }.allSatisfy { $0 == .outOfSpace })
            #expect(count == Int(before.bytes / size.bytes))
            #expect(try backend.volumes().count == count)
            #expect(try pool.folder("volumes").count == count)
            let left = try backend.capacity().available
            #expect(left < size)
        }
    }

    @Test(arguments: PoolKind.thick)
    func `what a deleted volume had can be given out at once`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let size =
                ByteCount(try pool.backend.capacity().available.bytes / 2)
                .roundedDown(toMultipleOf: .mebibytes(1)) + .mebibytes(8)
            for round in 0..<4 {
                let id = try pool.backend.create(volumeRecord("\(round)", size: size)).id
                try pool.backend.deleteVolume(id)
            }
        }
    }

    @Test
    func `the reserve is kept from creates and growth`() throws {
        let kind = PoolKind(filesystem: .ext4, isThick: true)
        try withPool(kind, reserve: .percent(50)) { pool in
            let capacity = try pool.backend.capacity()
            #expect(capacity.available < .mebibytes(256))
            let id = try pool.backend.create(volumeRecord("a", size: .mebibytes(128))).id
            let error = failure {
                try pool.backend.create(volumeRecord("b", size: .mebibytes(128)))
            }
            #expect(error.code == .outOfSpace)
            #expect(error.message.contains("in reserve"))
            let growth = failure { _ = try pool.backend.expandVolume(id, to: .mebibytes(300)) }
            #expect(growth.code == .outOfSpace)
            #expect(try pool.backend.volume(id)?.size == .mebibytes(128))
            #expect(try pool.facts(pool.volumePath(id)).size == .mebibytes(128))
        }
    }

    @Test(arguments: PoolKind.thin)
    func `the overcommit limit holds for volumes, growth and snapshots`(kind: PoolKind) throws {
        try withPool(kind, overcommit: 2) { pool in
            let total = try pool.backend.capacity().total
            #expect(total > .mebibytes(600))
            let half = ByteCount(total.bytes / 2).roundedDown(toMultipleOf: .kibibytes(4))
            let id = try pool.backend.create(volumeRecord("a", size: half)).id
            try pool.backend.create(volumeRecord("b", size: half - .mebibytes(4)))
            #expect(
                failure { try pool.backend.create(volumeRecord("c", size: .mebibytes(8))) }.code
                    == .outOfSpace
            )
            #expect(
                failure { _ = try pool.backend.expandVolume(id, to: half + .mebibytes(8)) }.code
                    == .outOfSpace
            )
            try Bytes.write(Bytes.noise(count: 8 << 20), to: pool.volumePath(id))
            let snapshot = snapshotRecord("s", of: "a", size: half)
            #expect(failure { try pool.backend.create(snapshot) }.code == .outOfSpace)
            try pool.backend.deleteVolume(volumeID("b"))
            try pool.backend.create(snapshot)
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
