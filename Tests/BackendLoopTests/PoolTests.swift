import Backend
import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// What makes a directory a pool; any file system will do.
@Suite(.timeLimit(.minutes(5)))
struct PoolTests {
    @Test
    func `a start that is allowed to makes the marker, the note and the state`() throws {
        try withTemporaryFolder { folder in
            try PlainPool.makePool(folder.path(of: "pool"))
            #expect(try PlainPool.names(folder.path) == [".pool.cairn-pool", "pool", "state"])
            #expect(try PlainPool.names(folder.path(of: "state")) == ["pool-test.json"])
            #expect(
                try PlainPool.names(folder.path(of: "pool")) == [
                    "cairn-pool.json", "snapshots", "volumes",
                ]
            )
            let marker = try PoolMarker(
                decoding: Bytes.read(folder.path(of: "pool/cairn-pool.json")),
                path: "marker"
            )
            let note = try Bytes.read(folder.path(of: ".pool.cairn-pool"))
            #expect(note == Array("\(marker.uuid)\n".utf8))
            #expect(marker.tier == "test")
        }
    }

    @Test
    func `the health of a tier whose marker is gone says that it cannot serve, and why`() throws {
        try withTemporaryFolder { folder in
            try PlainPool.makePool(folder.path(of: "pool"))
            let backend = try PlainPool.backend(folder.path(of: "pool"))
            try backend.start()
            #expect(backend.health().isUp)
            unsafe unlink(folder.path(of: "pool/cairn-pool.json"))
            let health = backend.health()
            #expect(!health.isUp)
            #expect(health.problems.first?.found.contains("cairn-pool.json") == true)
        }
    }

    @Test
    func `an empty directory with lost+found becomes a pool`() throws {
        try withTemporaryFolder { folder in
            _ = try folder.makeFolder("pool")
            _ = try folder.makeFolder("pool/lost+found")
            try PlainPool.makePool(folder.path(of: "pool"))
        }
    }

    @Test
    func `a directory with anything in it is refused and left as it is`() throws {
        try withTemporaryFolder { folder in
            _ = try folder.makeFolder("pool")
            try Bytes.write("mine", to: folder.path(of: "pool/thesis.txt"))
            let backend = try PlainPool.backend(folder.path(of: "pool"))
            let error = failure { try backend.start() }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("thesis.txt"))
            #expect(failure { _ = try backend.volumes() }.code == .unavailable)
            #expect(try PlainPool.names(folder.path(of: "pool")) == ["thesis.txt"])
            #expect(try PlainPool.names(folder.path) == ["pool"])
        }
    }

    @Test
    func `a missing parent is named`() throws {
        try withTemporaryFolder { folder in
            let error = failure { try PlainPool.backend(folder.path(of: "no/pool")).start() }
            #expect(error.code == .unavailable)
            #expect(error.message.contains(folder.path(of: "no")))
        }
    }

    @Test(arguments: ["relative/path", "/", "", "/a/../b"])
    func `a path that can be no pool is refused`(path: String) {
        #expect(failure { _ = try PlainPool.backend(path) }.code == .invalidRequest)
    }

    @Test
    func `an empty directory where a pool was is not taken for a new one`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            unsafe rename(path, folder.path(of: "away"))
            let absent = failure { try PlainPool.backend(path).start() }
            #expect(absent.code == .unavailable)
            #expect(absent.message.contains("mount the pool's disk"))
            _ = try folder.makeFolder("pool")
            let empty = failure { try PlainPool.backend(path).start() }
            #expect(empty.code == .unavailable)
            #expect(empty.message.contains(".pool.cairn-pool"))
            #expect(try PlainPool.names(path).isEmpty)
            unsafe rmdir(path)
            unsafe rename(folder.path(of: "away"), path)
            try PlainPool.makePool(path)
        }
    }

    @Test
    func `another pool in the place is refused`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            unsafe rename(path, folder.path(of: "away"))
            try PlainPool.loseProofs(folder)
            try Paths.makeFolder(path)
            let running = try PlainPool.backend(path)
            try running.start()
            unsafe rename(path, folder.path(of: "second"))
            unsafe rename(folder.path(of: "away"), path)
            let error = failure { _ = try running.volumes() }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("mount the right disk"))
        }
    }

    @Test
    func `a lost note is written again`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            let note = try Bytes.read(folder.path(of: ".pool.cairn-pool"))
            unsafe unlink(folder.path(of: ".pool.cairn-pool"))
            try PlainPool.makePool(path)
            #expect(try Bytes.read(folder.path(of: ".pool.cairn-pool")) == note)
        }
    }

    @Test
    func `a pool has one driver at a time`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            let first = try PlainPool.backend(path)
            try first.start()
            let second = try PlainPool.backend(path)
            let error = failure { try second.start() }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("another driver"))
            try first.start()
            #expect(try first.volumes().isEmpty)
        }
    }

    @Test
    func `a pool belongs to its tier`() throws {
        try withTemporaryFolder { folder in
            try PlainPool.makePool(folder.path(of: "pool"))
            let error = failure {
                try PlainPool.backend(folder.path(of: "pool"), tier: "other").start()
            }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("'test'"))
        }
    }

    @Test(
        arguments: [
            ("{\"formatVersion\":2,\"uuid\":\"u\",\"tier\":\"test\"}", "format version 2"),
            ("{\"formatVersion\":", "damaged"), ("", "damaged"),
        ])
    func `a marker that cannot be trusted is refused`(text: String, reason: String) throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            try replaceFile("\(path)/cairn-pool.json", with: Array(text.utf8))
            let error = failure { try PlainPool.backend(path).start() }
            #expect(error.code == .unavailable)
            #expect(error.message.contains(reason))
            #expect(try Bytes.read("\(path)/cairn-pool.json") == Array(text.utf8))
        }
    }

    @Test
    func `a pool whose disk goes away is unavailable until it comes back`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try pool.unmount()
            for _ in 0..<2 {
                #expect(failure { _ = try pool.backend.volumes() }.code == .unavailable)
                #expect(failure { _ = try pool.backend.volume(id) }.code == .unavailable)
                #expect(failure { try pool.backend.deleteVolume(id) }.code == .unavailable)
                #expect(failure { try pool.backend.create(volumeRecord("b")) }.code == .unavailable)
                #expect(failure { try pool.backend.checkHealth() }.code == .unavailable)
                #expect(failure { try pool.backend.start() }.code == .unavailable)
            }
            #expect(try PlainPool.names(pool.path).isEmpty)
            try pool.mountAgain()
            #expect(try pool.backend.volume(id)?.id == id)
        }
    }
}
