import Backend
import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// The pool of a tier that was taken out of the tiers file.
@Suite(.timeLimit(.minutes(5)))
struct FormerPoolTests {
    /// Runs the body beside a pool of the tier 'test' that holds one volume.
    private func withPool(
        _ body: (_ folder: TemporaryFolder, _ path: String, _ id: VolumeID) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "pool")
            try PlainPool.makePool(path)
            let id = try PlainPool.backend(path).create(volumeRecord("a")).id
            try body(folder, path, id)
        }
    }

    private func former(_ folder: TemporaryFolder, _ configured: Set<String> = []) throws
        -> [FormerTier]
    {
        let host = StorageHost(stateFolder: folder.path(of: "state"), logger: quietLogger)
        return FormerPools.find(
            among: try host.stateFiles(),
            in: host.stateFolder,
            besides: configured,
            loopDevices: LoopDevices(),
            logger: quietLogger
        )
    }

    private func only(_ folder: TemporaryFolder, _ configured: Set<String> = []) throws
        -> FormerTier
    {
        let found = try former(folder, configured)
        try #require(found.count == 1)
        return found[0]
    }

    private var other: VolumeID { volumeRecord("other").id }

    @Test func `its volumes are found, and what it never had is absent`() throws {
        try withPool { folder, path, id in
            let tier = try only(folder)
            #expect(tier.tier == "test")
            let error = failure { _ = try tier.volume(id) }
            #expect(error.code == .unavailable && error.message.contains(path))
            #expect(try tier.volume(other) == nil)
            #expect(tier.health().problems.map(\.kind) == [.unknownTier])
            try tier.start()
            #expect(try former(folder).count == 1)
            #expect(try former(folder, ["test"]).isEmpty)
        }
    }

    @Test(arguments: [".creating-", ".deleting-"])
    func `what is half-made or half-removed is still there`(prefix: String) throws {
        try withPool { folder, path, id in
            unsafe rename("\(path)/volumes/\(id)", "\(path)/volumes/\(prefix)\(id)")
            #expect(failure { _ = try only(folder).volume(id) }.code == .unavailable)
        }
    }

    @Test func `an empty one is forgotten at the start, and its disk may go`() throws {
        try withPool { folder, path, id in
            try PlainPool.backend(path).deleteVolume(id)
            let tier = try only(folder)
            #expect(tier.health().problems.isEmpty)
            try tier.start()
            #expect(try former(folder).isEmpty)
            unsafe rename(path, folder.path(of: "away"))
            #expect(try tier.volume(id) == nil)
        }
    }

    /// What may stand where the pool was.
    enum Place: CaseIterable { case nothing, emptyDirectory, otherPool, noShelf, damagedMarker }

    @Test(arguments: Place.allCases)
    func `a pool that is not at its place keeps everything from being absent`(place: Place) throws {
        try withPool { folder, path, id in
            let tier = try only(folder)
            switch place {
            case .nothing: unsafe rename(path, folder.path(of: "away"))
            case .emptyDirectory:
                unsafe rename(path, folder.path(of: "away"))
                try Paths.makeFolder(path)
            case .otherPool:
                unsafe rename(path, folder.path(of: "away"))
                try Paths.remove(folder.path(of: ".pool.cairn-pool"))
                try Paths.makeFolder(path)
                try PlainPool.backend(path, tier: "next").start()
            case .noShelf:
                unsafe rename("\(path)/volumes", folder.path(of: "volumes"))
            case .damagedMarker: try Bytes.write("{", to: "\(path)/cairn-pool.json")
            }
            let state = folder.path(of: "state/pool-test.json")
            for id in [id, other] {
                let error = failure { _ = try tier.volume(id) }
                #expect(error.code == .unavailable)
                #expect(error.message.contains(state) && error.message.contains(path))
            }
            try tier.start()
            #expect(Paths.exists(state))
            #expect(failure { _ = try tier.volumes() }.code == .unavailable)
            // The word of a person.
            try Paths.remove(state)
            #expect(try tier.volume(id) == nil)
        }
    }

    @Test func `a tier renamed in the tiers file does not make its volumes absent`() throws {
        try withPool { folder, path, id in
            let renamed = try PlainPool.backend(path, tier: "new")
            #expect(failure { try renamed.deleteVolume(id) }.code == .unavailable)
            #expect(failure { _ = try only(folder, ["new"]).volume(id) }.code == .unavailable)
        }
    }

    @Test func `a pool whose marker was given to another tier is that tier's`() throws {
        try withPool { folder, path, id in
            let marker = PoolMarker(tier: "new", uuid: try PlainPool.uuid(path))
            try Bytes.write(marker.encoded(), to: "\(path)/cairn-pool.json")
            #expect(try only(folder, ["new"]).volume(id) == nil)
            #expect(failure { _ = try only(folder).volume(id) }.code == .unavailable)
        }
    }

    @Test func `a pool that the tier gave up for another one is remembered`() throws {
        try withPool { folder, path, id in
            let first = try PlainPool.uuid(path)
            unsafe rename(path, folder.path(of: "old"))
            try Paths.makeFolder(path)
            let marker = PoolMarker(tier: "test")
            for shelf in ["volumes", "snapshots"] { try Paths.makeFolder("\(path)/\(shelf)") }
            try Bytes.write(marker.encoded(), to: "\(path)/cairn-pool.json")
            // The administrator names the new one in the tiers file.
            do {
                let backend = try PlainPool.backend(path) { $0.uuid = marker.uuid }
                try backend.start()
                #expect(try backend.volume(id) == nil)
            }
            let error = failure { _ = try only(folder, ["test"]).volume(id) }
            #expect(error.code == .unavailable && error.message.contains(first))

            // And goes back to the first one.
            unsafe rename(path, folder.path(of: "second"))
            unsafe rename(folder.path(of: "old"), path)
            let again = try PlainPool.backend(path) { $0.uuid = first }
            try again.start()
            #expect(try again.volume(id)?.id == id)
            #expect(try only(folder, ["test"]).health().problems.count == 1)
            #expect(failure { _ = try only(folder, ["test"]).volume(other) }.code == .unavailable)
        }
    }

    /// What a kill leaves between the last two steps of a tier that takes an earlier pool back.
    @Test func `a pool that the tier has again is no former one`() throws {
        try withPool { folder, path, id in
            let state = PoolStateFile(folder: folder.path(of: "state"), tier: "test")
            let uuid = try #require(try state.read()).uuid
            let earlier = PoolStateFile(folder: state.folder, tier: "test", earlier: uuid)
            try Bytes.write(
                String(decoding: Bytes.read(state.path), as: UTF8.self),
                to: earlier.path
            )
            let tier = try only(folder, ["test"])
            #expect(try tier.volumes().isEmpty)
            #expect(try tier.volume(id) == nil)
            #expect(tier.health().problems.isEmpty)
            // The word of a person.
            try Paths.remove(state.path)
            #expect(failure { _ = try tier.volume(id) }.code == .unavailable)
        }
    }

    @Test func `a state that cannot be read leaves nothing absent`() throws {
        try withPool { folder, path, id in
            let state = folder.path(of: "state/pool-test.json")
            try Bytes.write("{", to: state)
            let tier = try only(folder)
            let error = failure { _ = try tier.volume(other) }
            #expect(error.code == .unavailable && error.message.contains(state))
            try Paths.remove(state)
            #expect(try tier.volume(id) == nil)
        }
    }

    @Test func `a pool that was never finished has held nothing`() throws {
        try withTemporaryFolder { folder in
            let file = PoolStateFile(folder: folder.path(of: "state"), tier: "test")
            try file.write(
                PoolState(tier: "test", uuid: "u", directory: "/nowhere", makingOn: "/")
            )
            #expect(try former(folder).isEmpty)
        }
    }
}
