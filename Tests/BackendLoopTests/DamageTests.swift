import Backend
import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// What crashes, administrators and broken disks leave behind.
@Suite(.timeLimit(.minutes(5)))
struct DamageTests {
    @Test(arguments: [".creating-", ".deleting-"])
    func `a start removes what was half-made or half-removed`(prefix: String) throws {
        try withPool(.ext4Thin) { pool in
            let kept = try pool.backend.create(volumeRecord("kept")).id
            let id = try pool.backend.create(volumeRecord("a")).id
            let snapshot = try pool.backend.create(snapshotRecord("s", of: "a")).id
            pool.crash()
            unsafe rename("\(pool.path)/volumes/\(id)", "\(pool.path)/volumes/\(prefix)\(id)")
            unsafe unlink("\(pool.path)/volumes/\(prefix)\(id)/volume.json")
            unsafe rename(
                "\(pool.path)/snapshots/\(snapshot)",
                "\(pool.path)/snapshots/\(prefix)\(snapshot)"
            )
            try pool.restart()
            #expect(try pool.folder("volumes") == [kept.text])
            #expect(try pool.folder("snapshots").isEmpty)
            #expect(try pool.backend.volume(id) == nil)
            #expect(try pool.backend.volumes().map(\.id) == [kept])
        }
    }

    @Test
    func `a retry of a create removes what the first left`() throws {
        try withPool(.ext4Thin) { pool in
            let record = volumeRecord("a")
            let draft = "\(pool.path)/volumes/.creating-\(record.id)"
            unsafe mkdir(draft, 0o700)
            try Bytes.write("half", to: "\(draft)/data")
            try pool.backend.create(record)
            #expect(try pool.folder("volumes") == [record.id.text])
        }
    }

    @Test
    func `a retry of a delete removes what the first left`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            unsafe rename("\(pool.path)/volumes/\(id)", "\(pool.path)/volumes/.deleting-\(id)")
            try pool.backend.deleteVolume(id)
            #expect(try pool.folder("volumes").isEmpty)
            #expect(try pool.backend.volume(id) == nil)
        }
    }

    @Test
    func `a file that Cairn did not make is never removed`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try Bytes.write("mine", to: pool.volumePath(id, "notes.txt"))
            let error = failure { try pool.backend.deleteVolume(id) }
            #expect(error.code == .hostFailure)
            #expect(error.message.contains("notes.txt"))
            let files = ["data", "notes.txt", "volume.json"]
            #expect(try pool.folder("volumes/\(id)") == files)
            #expect(try pool.backend.volume(id) != nil)
            pool.crash()
            unsafe rename("\(pool.path)/volumes/\(id)", "\(pool.path)/volumes/.deleting-\(id)")
            try pool.restart()
            #expect(try pool.folder("volumes/.deleting-\(id)") == files)
        }
    }

    @Test(arguments: [".creating-x", ".deleting-v1-0", "backup", ".creating-"])
    func `a folder with a name that is not ours is left alone`(name: String) throws {
        try withPool(.ext4Thin) { pool in
            unsafe mkdir("\(pool.path)/volumes/\(name)", 0o700)
            try pool.restart()
            #expect(try pool.folder("volumes") == [name])
            #expect(try pool.backend.volumes().isEmpty)
        }
    }

    @Test(arguments: ["", "{", "{\"formatVersion\":9}", "{\"formatVersion\":1}", "\u{0}\u{0}\u{0}"])
    func `a damaged record makes its own volume unusable and no other`(text: String) throws {
        try withPool(.ext4Thin) { pool in
            let good = try pool.backend.create(volumeRecord("good")).id
            let bad = try pool.backend.create(volumeRecord("bad")).id
            try replaceFile(pool.volumePath(bad, "volume.json"), with: Array(text.utf8))
            try pool.restart()
            #expect(try pool.backend.volume(good)?.id == good)
            let problem = try pool.backend.health().problems.first
            #expect(problem?.kind == .record && problem?.subject == "volume \(bad)")
            #expect(try pool.backend.health().isUp)
            let attempts: [() throws -> Void] = [
                { _ = try pool.backend.volumes() },
                { _ = try pool.backend.volume(bad) },
                { try pool.backend.deleteVolume(bad) },
                { try pool.backend.create(volumeRecord("bad")) },
                { _ = try pool.backend.attach(bad) },
                { try pool.backend.create(snapshotRecord("s", of: "bad")) },
            ]
            for attempt in attempts {
                let error = failure(attempt)
                #expect(error.code == .hostFailure)
                #expect(error.message.contains(bad.text))
            }
            #expect(try pool.folder("volumes/\(bad)") == ["data", "volume.json"])
            try pool.backend.deleteVolume(good)
        }
    }

    @Test
    func `a list of snapshots does not leave out one whose record is damaged`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let bad = try pool.backend.create(snapshotRecord("bad", of: "a")).id
            try pool.backend.create(snapshotRecord("good", of: "a"))
            try replaceFile(pool.snapshotPath(bad, "snapshot.json"), with: Array("{".utf8))
            try pool.restart()
            let error = failure { _ = try pool.backend.snapshots() }
            #expect(error.code == .hostFailure && error.message.contains(bad.text))
            #expect(try pool.backend.volumes().map(\.id) == [id])
        }
    }

    @Test
    func `a record of another volume is not believed`() throws {
        try withPool(.ext4Thin) { pool in
            let first = try pool.backend.create(volumeRecord("first")).id
            let second = try pool.backend.create(volumeRecord("second")).id
            let record = try Bytes.read(pool.volumePath(first, "volume.json"))
            try replaceFile(pool.volumePath(second, "volume.json"), with: record)
            try pool.restart()
            #expect(failure { _ = try pool.backend.volume(second) }.message.contains(first.text))
        }
    }

    @Test
    func `missing data is an error that names it, and is never made anew`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            unsafe unlink(pool.volumePath(id))
            try pool.restart()
            #expect(try pool.backend.volumes().map(\.id) == [id])
            for attempt: () throws -> Void in [
                { _ = try pool.backend.attach(id) },
                { _ = try pool.backend.expandVolume(id, to: .mebibytes(64)) },
                { try pool.backend.create(snapshotRecord("s", of: "a")) },
            ] {
                let error = failure(attempt)
                #expect(error.code == .hostFailure)
                #expect(error.message.contains(pool.volumePath(id)))
            }
            #expect(try pool.folder("volumes/\(id)") == ["volume.json"])
            try pool.backend.detach(id)
            try pool.backend.deleteVolume(id)
        }
    }

    @Test
    func `the device of data that was removed by hand can be detached`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let device = try pool.backend.attach(id)
            let backing = try pool.facts(pool.volumePath(id)).identity
            unsafe unlink(pool.volumePath(id))
            #expect(try pool.loopDevices.find(backing: backing)?.path == device.path)
            try pool.restart().detach(id)
            #expect(try pool.loopDevices.find(backing: backing) == nil)
        }
    }

    @Test
    func `short data is an error and is not lengthened`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try Bytes.makeFile(pool.volumePath(id), size: .mebibytes(8))
            #expect(failure { _ = try pool.backend.attach(id) }.message.contains("damaged"))
            #expect(try pool.facts(pool.volumePath(id)).size == .mebibytes(8))
        }
    }

    @Test
    func `a link in place of the data is not followed`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let outside = pool.folder.path(of: "outside")
            try Bytes.makeFile(outside, size: .mebibytes(64))
            unsafe unlink(pool.volumePath(id))
            unsafe symlink(outside, pool.volumePath(id))
            let error = failure { _ = try pool.backend.attach(id) }
            #expect(error.code == .hostFailure)
            #expect(error.message.contains("symbolic link"))
            #expect(try pool.loopDevices.find(backing: FileIdentity(of: outside)) == nil)
        }
    }

    @Test
    func `data that has another name keeps its bytes under that name`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try Bytes.write("kept", to: pool.volumePath(id))
            unsafe link(pool.volumePath(id), "\(pool.path)/backup")
            try pool.backend.deleteVolume(id)
            #expect(try Bytes.read("\(pool.path)/backup", count: 4) == Array("kept".utf8))
        }
    }

    @Test
    func `a volume that was put back by hand is seen`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let away = "\(pool.path)/away"
            unsafe rename("\(pool.path)/volumes/\(id)", away)
            try pool.restart()
            #expect(try pool.backend.volume(id) == nil)
            unsafe rename(away, "\(pool.path)/volumes/\(id)")
            #expect(try pool.backend.volume(id)?.id == id)
        }
    }
}
