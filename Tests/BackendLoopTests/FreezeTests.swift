import Backend
import DriverCore
import Glibc
import Host
import Synchronization
import TestSupport
import Testing

@testable import BackendLoop

@Suite
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

    @Test(arguments: PoolKind.all)
    func `a snapshot of a mounted volume under load passes fsck`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a", size: .mebibytes(64))).id
            let target = try pool.mount(id, named: "mnt")
            try Bytes.write("before", to: "\(target.path)/before")
            let writer = Writer(in: target.path)
            defer { writer.stop() }
            writer.waitForWrites(20)
            let record = snapshotRecord("snap", of: "a", size: .mebibytes(64))
            try pool.backend.create(record)
            let written = writer.count
            writer.waitForWrites(written + 5)
            writer.stop()
            #expect(try !isFrozen(target))
            #expect(try pool.folder("volumes/\(id)") == ["data", "volume.json"])
            try check(snapshot: record, in: pool)
            try Mounts.unmountAll(target)
            try pool.backend.detach(id)
        }
    }

    /// Restores, lets fsck look at the copy, and mounts it.
    private func check(snapshot: SnapshotRecord, in pool: TestPool) throws {
        let copy = volumeRecord("copy", size: .mebibytes(64), source: .snapshot(snapshot.id))
        let id = try pool.backend.create(copy).id
        // The journal is replayed by the mount; what fsck sees after it must be clean.
        let target = try pool.mount(id, named: "copy", formatting: false)
        #expect(try Bytes.read("\(target.path)/before", count: 6) == Array("before".utf8))
        try Mounts.unmountAll(target)
        let device = try pool.backend.attach(id).path
        let output = try HostCommand(program: "/sbin/e2fsck", arguments: ["-fn", device])
            .run(deadline: .seconds(60))
        #expect(output.exitCode == 0, "\(output.standardOutput)")
        try pool.backend.detach(id)
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
            #expect(try isFrozen(target))
            #expect(try pool.folder("volumes/\(id)") == ["data", "volume.json"])
            try Freezer.thaw(mountedAt: target.path)
            try Mounts.unmountAll(target)
        }
    }
}

/// Writes files until it is told to stop.
private final class Writer {
    private final class State: Sendable {
        let count = Mutex(0)
        let isStopped = Mutex(false)
    }

    private let state = State()
    private var thread: TestThread?

    init(in path: String) {
        let state = state
        thread = TestThread {
            var index = 0
            while !state.isStopped.withLock({ $0 }) {
                let bytes = Bytes.noise(count: 16 << 10, seed: UInt64(index + 1))
                try? Bytes.write(bytes, to: "\(path)/file\(index % 64)")
                index += 1
                state.count.withLock { $0 = index }
            }
        }
    }

    var count: Int { state.count.withLock { $0 } }

    func waitForWrites(_ count: Int) {
        while self.count < count { sched_yield() }
    }

    func stop() {
        state.isStopped.withLock { $0 = true }
        thread?.join()
        thread = nil
    }
}
