import Backend
import DiskFormat
import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// What says that a tier has a pool, and when one is made.
@Suite(.timeLimit(.minutes(5)))
struct PoolProofTests {
    @Test(arguments: [true, false])
    func `nothing is made where nobody asks for it`(exists: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            if exists { try Paths.makeFolder(path) }
            let error = failure { try PlainPool.backend(path, creates: false).start() }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("cairn pool create test"))
            #expect(error.message.contains("mount the pool's disk"))
            #expect(try PlainPool.names(folder.path) == (exists ? ["pool"] : []))
            #expect(try PlainPool.names(path).isEmpty)
        }
    }

    @Test
    func `the directory itself is never made by a start`() throws {
        try withTemporaryFolder { folder in
            let error = failure { try PlainPool.backend(folder.path(of: "pool")).start() }
            #expect(error.code == .unavailable)
            let left = try PlainPool.names(folder.path)
            #expect(left.isEmpty)
        }
    }

    @Test(arguments: [true, false])
    func `a lost note and an unmounted disk leave the tier unavailable`(creates: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            let id = try PlainPool.backend(path).create(volumeRecord("a")).id
            unsafe rename(path, folder.path(of: "away"))
            _ = try folder.makeFolder("pool")
            try Paths.remove(folder.path(of: ".pool.cairn-pool"))
            let without = try PlainPool.backend(path, creates: creates)
            for _ in 0..<2 {
                #expect(failure { try without.start() }.message.contains("pool-test.json"))
                #expect(failure { try without.deleteVolume(id) }.code == .unavailable)
                #expect(failure { _ = try without.volume(id) }.code == .unavailable)
                #expect(failure { _ = try without.attach(id) }.code == .unavailable)
                #expect(failure { _ = try without.capacity() }.code == .unavailable)
            }
            #expect(try PlainPool.names(path).isEmpty)
            unsafe rmdir(path)
            unsafe rename(folder.path(of: "away"), path)
            #expect(try without.volume(id)?.id == id)
        }
    }

    @Test
    func `a pool behind a link gives up its devices while its disk is away, after a restart, too`()
        throws
    {
        try withTemporaryFolder { folder in
            let disk = try folder.mountFilesystem(.ext4, size: .mebibytes(256), named: "disk")
            let (pool, link) = ("\(disk.path)/pool", folder.path(of: "link"))
            try Paths.makeFolder(pool)
            try Paths.makeLink(link, to: pool)
            try PlainPool.backend(link).start()
            let id: VolumeID
            do {
                let backend = try PlainPool.backend(link)
                id = try backend.create(volumeRecord("a", size: .mebibytes(32))).id
                _ = try backend.attach(id)
            }
            Paths.forceUnmount(disk.path)
            let restarted = try PlainPool.backend(link)
            #expect(failure { try restarted.start() }.code == .unavailable)
            #expect(try restarted.device(of: id) != nil)
            try restarted.detach(id)
            let shown = try LoopDevices.files().filter { $0.path.contains(id.text) }
            #expect(shown.isEmpty)
        }
    }

    @Test
    func `a lost state folder and an unmounted disk are noticed by the note`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            unsafe rename(path, folder.path(of: "away"))
            _ = try folder.makeFolder("pool")
            try Paths.remove(folder.path(of: "state/pool-test.json"))
            #expect(
                failure { try PlainPool.backend(path).start() }.message.contains(".pool.cairn-pool")
            )
            #expect(try PlainPool.names(path).isEmpty)
        }
    }

    @Test
    func `without any proof an unmounted disk is noticed by mountPoint and by uuid`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            let uuid = try PlainPool.uuid(path)
            unsafe rename(path, folder.path(of: "away"))
            _ = try folder.makeFolder("pool")
            try PlainPool.loseProofs(folder)
            let mounted = failure {
                try PlainPool.backend(path) { $0.requiresMountPoint = true }.start()
            }
            #expect(mounted.code == .unavailable)
            #expect(mounted.message.contains("mountPoint"))
            let known = failure { try PlainPool.backend(path) { $0.uuid = uuid }.start() }
            #expect(known.code == .unavailable)
            #expect(known.message.contains(uuid))
            #expect(try PlainPool.names(path).isEmpty)
        }
    }

    @Test
    func `a pool of an older release opens and gets its proofs`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            unsafe unlink(folder.path(of: "state/pool-test.json"))
            unsafe rmdir(folder.path(of: "state"))
            try PlainPool.backend(path, creates: false).start()
            let kept = try PoolStateFile(folder: folder.path(of: "state"), tier: "test").read()
            #expect(try kept?.uuid == PlainPool.uuid(path))
            #expect(kept?.directory == path)
        }
    }

    @Test
    func `a uuid in the tiers file overrules note and state, and is overruled by no disk`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            unsafe rename(path, folder.path(of: "away"))
            try PlainPool.loseProofs(folder)
            try PlainPool.makePool(path)
            let second = try PlainPool.uuid(path)
            unsafe rename(path, folder.path(of: "second"))
            unsafe rename(folder.path(of: "away"), path)
            let first = try PlainPool.uuid(path)
            #expect(
                failure { try PlainPool.backend(path).start() }.message.contains(
                    "mount the right disk"
                )
            )
            #expect(
                failure { try PlainPool.backend(path) { $0.uuid = second }.start() }.code
                    == .unavailable
            )
            try PlainPool.backend(path, creates: false) { $0.uuid = first }.start()
            try PlainPool.backend(path).start()
        }
    }

    @Test
    func `a state that cannot be read lets a pool open, and none be made`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            let state = folder.path(of: "state/pool-test.json")
            let damage = Array("{\"formatVersion\":".utf8)
            try replaceFile(state, with: damage)
            try PlainPool.backend(path).start()
            #expect(try Bytes.read(state) == damage)
            unsafe rename(path, folder.path(of: "away"))
            try Paths.remove(folder.path(of: ".pool.cairn-pool"))
            _ = try folder.makeFolder("pool")
            let error = failure { try PlainPool.backend(path).start() }
            #expect(error.code == .unavailable)
            #expect(error.message.contains(state))
            #expect(try PlainPool.names(path).isEmpty)
        }
    }

    @Test
    func `no pool is made where its state cannot be kept`() throws {
        try withTemporaryFolder { folder in
            _ = try folder.makeFolder("pool")
            try Bytes.write("no folder", to: folder.path(of: "state"))
            #expect(
                failure { try PlainPool.makePool(folder.path(of: "pool")) }.code == .unavailable
            )
            #expect(!Paths.exists(folder.path(of: "pool/cairn-pool.json")))
        }
    }

    @Test
    func `only the root of a file system is a mount point, a bound folder is none`() throws {
        try withTemporaryFolder { folder in
            let disk = try folder.mountFilesystem(.ext4, size: .mebibytes(64), named: "disk")
            #expect(try PlainPool.mount(holding: disk.path).isRoot)
            try Paths.makeFolder("\(disk.path)/inside")
            #expect(try !PlainPool.mount(holding: "\(disk.path)/inside").isRoot)
            let bound = try folder.target("bound")
            try bound.createDirectory()
            try Mounts.bind("\(disk.path)/inside", to: bound, readOnly: false, flags: [])
            #expect(try !PlainPool.mount(holding: bound.path).isRoot)
            try PlainPool.makePool("\(disk.path)/inside")
        }
    }

    @Test
    func `a person makes a pool by name, and not where one was`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "disks/pool")
            var rules = PoolRules()
            rules.stateFolder = PlainPool.state(beside: path)
            let uuid = try NewLoopPool.make(tier: "test", directory: path, rules: rules)
            try PlainPool.backend(path, creates: false).start()
            let again = failure {
                _ = try NewLoopPool.make(tier: "test", directory: path, rules: rules)
            }
            #expect(again.code == .conflict)
            #expect(again.message.contains(uuid))
            unsafe rename(path, folder.path(of: "away"))
            let away = failure {
                _ = try NewLoopPool.make(tier: "test", directory: path, rules: rules)
            }
            #expect(away.code == .unavailable)
            #expect(away.message.contains("pool-test.json"))
            #expect(!Paths.exists(path))
        }
    }

    @Test
    func `memory is told from a disk`() throws {
        try withTemporaryFolder { folder in
            let path = try folder.makeFolder("pool")
            #expect(try !PlainPool.mount(holding: path).isVolatile)
            try #require(unsafe Glibc.mount("", path, "tmpfs", 0, nil) == 0)
            folder.onCleanup { Paths.forceUnmount(path) }
            #expect(try PlainPool.mount(holding: path).isVolatile)
        }
    }

    @Test
    func `the state file is read and written as documented, and unknown keys are kept`() throws {
        let text = """
            {
              "directory" : "/srv/pool",
              "formatVersion" : 1,
              "tier" : "test",
              "uuid" : "5d0f3a51-9b0c-4c39-a8a3-1f5c8f0f3b1e"
            }

            """
        let state = try DiskFormat.decode(PoolState.self, from: Array(text.utf8))
        #expect(
            state.uuid == "5d0f3a51-9b0c-4c39-a8a3-1f5c8f0f3b1e" && state.directory == "/srv/pool"
        )
        #expect(try String(decoding: DiskFormat.encode(state), as: UTF8.self) == text)
        let newer = text.replacing("\"tier\"", with: "\"shared\" : true,\n  \"tier\"")
        let read = try DiskFormat.decode(PoolState.self, from: Array(newer.utf8))
        #expect(try String(decoding: DiskFormat.encode(read), as: UTF8.self) == newer)
    }
}
