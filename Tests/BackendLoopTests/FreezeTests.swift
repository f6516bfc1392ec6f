import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

@Suite(.timeLimit(.minutes(5)))
struct FreezeTests {
    /// Whether the file system takes a write now; asked by freezing it, which a frozen one refuses.
    private func isFrozen(_ target: TargetPath) throws -> Bool {
        do throws(DriverError) {
            try Freezer.freeze(mountedAt: target.path)
        } catch {
            guard error.code == .inUse else { throw error }
            return true
        }
        try Freezer.thaw(mountedAt: target.path)
        return false
    }

    @Test(arguments: [PoolKind.ext4Thin, PoolKind(filesystem: .xfs, isThick: false)])
    func `a cut that fails thaws what it froze`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let target = try pool.mount(id, named: "mnt")
            let root = try pool.backend.enter()
            let source = try pool.backend.source(id, in: pool.backend.volumeTable, root)
            let error = failure {
                try pool.backend.keepingStill(source, root) { () throws(DriverError) in
                    throw DriverError(.outOfSpace, "made up")
                }
            }
            #expect(error.message == "made up")
            #expect(try !isFrozen(target))
            #expect(try pool.folder("volumes/\(id)") == ["data", "volume.json"])
            try Mounts.unmountAll(target)
        }
    }

    @Test
    func `a start thaws what a crash left frozen`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let target = try pool.mount(id, named: "mnt")
            try Bytes.write("", to: pool.volumePath(id, "frozen"))
            try Freezer.freeze(mountedAt: target.path)
            try pool.restart()
            #expect(try !isFrozen(target))
            #expect(try pool.folder("volumes/\(id)") == ["data", "volume.json"])
            try Mounts.unmountAll(target)
        }
    }

    @Test
    func `a start leaves alone what somebody else has frozen`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let target = try pool.mount(id, named: "mnt")
            try Freezer.freeze(mountedAt: target.path)
            defer { try? Freezer.thaw(mountedAt: target.path) }
            try pool.restart()
            #expect(try isFrozen(target))
            let error = failure { try pool.backend.create(snapshotRecord("s", of: "a")) }
            #expect(error.code == .inUse)
            #expect(error.message.contains("another program has frozen"))
            #expect(error.message.contains("reflink"))
            #expect(try isFrozen(target))
            #expect(try pool.folder("volumes/\(id)") == ["data", "volume.json"])
            try Freezer.thaw(mountedAt: target.path)
            try Mounts.unmountAll(target)
        }
    }

    @Test(arguments: [FilesystemType.xfs, .btrfs])
    func `a cut leaves the freeze of a backup tool as it is`(type: FilesystemType) throws {
        try withPool(PoolKind(filesystem: type, isThick: false)) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let target = try pool.mount(id, named: "mnt")
            try Bytes.write("before", to: "\(target.path)/file")
            try Freezer.freeze(mountedAt: target.path)
            defer { try? Freezer.thaw(mountedAt: target.path) }
            try pool.backend.create(snapshotRecord("s", of: "a"))
            try pool.backend.create(volumeRecord("clone", source: .volume(id), contents: .copied))
            #expect(try isFrozen(target))
            #expect(try pool.folder("volumes/\(id)") == ["data", "volume.json"])
            // Writers were held by the tool, not by the cuts.
            #expect(try pool.backend.cuts?.count == 0)
            try pool.restart()
            #expect(try isFrozen(target))
            try Freezer.thaw(mountedAt: target.path)
            try Mounts.unmountAll(target)
            let mounted = try pool.mount(volumeID("clone"), named: "clone", formatting: false)
            #expect(try Bytes.read("\(mounted.path)/file") == Array("before".utf8))
            try Mounts.unmountAll(mounted)
        }
    }

    @Test(arguments: [PoolKind.ext4Thin, PoolKind(filesystem: .xfs, isThick: false)])
    func `the time that a cut holds writers is counted`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try pool.backend.create(snapshotRecord("unused", of: "a"))
            #expect(try pool.backend.cuts?.count == 0)
            let target = try pool.mount(id, named: "mnt")
            try pool.backend.create(snapshotRecord("mounted", of: "a"))
            #expect(try pool.backend.cuts?.count == 1)
            #expect(try #require(pool.backend.cuts?.sum) > 0)
            try Mounts.unmountAll(target)
        }
    }
}
