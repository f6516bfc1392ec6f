import Backend
import DriverCore
import Host
import Synchronization
import TestSupport
import Testing

@testable import BackendLoop

@Suite
struct LifecycleTests {
    @Test(arguments: PoolKind.all)
    func `a new volume is stored as given and reads as zeros`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            var expected = volumeRecord("a")
            let made = try pool.backend.create(expected)
            expected.state = .ready
            #expect(made == expected)
            #expect(try pool.backend.volume(expected.id) == expected)
            #expect(try pool.backend.volumes() == [expected])
            #expect(try pool.facts(pool.volumePath(made.id)).size == .mebibytes(32))
            #expect(try pool.folder("volumes") == [made.id.text])
            #expect(try pool.folder("volumes/\(made.id)") == ["data", "volume.json"])
            #expect(try pool.restart().volumes() == [expected])
        }
    }

    @Test(arguments: PoolKind.all)
    func `a deleted volume is gone, and so it is for a repeated delete`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let before = try pool.backend.capacity().available
            let id = try pool.backend.create(volumeRecord("a")).id
            try pool.backend.deleteVolume(id)
            try pool.backend.deleteVolume(id)
            #expect(try pool.backend.volume(id) == nil)
            #expect(try pool.folder("volumes").isEmpty)
            #expect(try pool.restart().volumes().isEmpty)
            #expect(try pool.backend.create(volumeRecord("a")).id == id)
            #expect(try pool.backend.capacity().available < before)
        }
    }

    @Test(arguments: PoolKind.all)
    func `a volume grows with its device, and a repeated growth is accepted`(kind: PoolKind) throws
    {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let device = try pool.backend.attach(id)
            let marker = Array("kept".utf8)
            try Bytes.write(marker, to: device.path)
            for _ in 0..<2 {
                let grown = try pool.backend.expandVolume(id, to: .mebibytes(48))
                #expect(grown.size == .mebibytes(48))
                #expect(grown.createdSize == .mebibytes(32))
                #expect(try BlockDevice.size(of: device.path) == .mebibytes(48))
            }
            #expect(try pool.backend.expandVolume(id, to: .mebibytes(8)).size == .mebibytes(48))
            #expect(try Bytes.read(device.path, count: 4) == marker)
            if kind.isThick {
                #expect(try pool.facts(pool.volumePath(id)).allocated >= .mebibytes(48))
            }
            try pool.backend.detach(id)
            #expect(try pool.restart().volume(id)?.size == .mebibytes(48))
        }
    }

    @Test
    func `a growth that was cut short before its record is finished by the retry`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try Bytes.makeFile(pool.volumePath(id), size: .mebibytes(48))
            let backend = try pool.restart()
            #expect(try backend.volume(id)?.size == .mebibytes(32))
            #expect(try backend.expandVolume(id, to: .mebibytes(48)).size == .mebibytes(48))
        }
    }

    @Test
    func `a growth that was cut short before its device is finished by the retry`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let device = try pool.backend.attach(id)
            try Bytes.makeFile(pool.volumePath(id), size: .mebibytes(48))
            var record = try #require(try pool.backend.volume(id))
            record.size = .mebibytes(48)
            let stored = Stored(record: record, sharedAtCreation: .zero)
            let bytes = try RecordCoding.encode(stored)
            try replaceFile(pool.volumePath(id, "volume.json"), with: bytes)
            let backend = try pool.restart()
            #expect(try BlockDevice.size(of: device.path) == .mebibytes(32))
            #expect(try backend.expandVolume(id, to: .mebibytes(48)).size == .mebibytes(48))
            #expect(try BlockDevice.size(of: device.path) == .mebibytes(48))
            try backend.detach(id)
        }
    }

    @Test
    func `a growth of a nearly full thick pool that was cut short is finished by the retry`() throws
    {
        try withPool(PoolKind(filesystem: .ext4, isThick: true)) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let size = try pool.backend.capacity().maximumVolumeSize
            let file = try Folder.existing(at: "\(pool.path)/volumes/\(id)")?
                .file("data", for: .writing)
            try file?.allocate(from: .zero, to: size)
            let backend = try pool.restart()
            #expect(try backend.capacity().available < .mebibytes(64))
            #expect(try backend.expandVolume(id, to: size).size == size)
        }
    }

    @Test
    func `contents are durable and never go back to where mkfs may begin`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try pool.backend.setContents(.formatting, of: id)
            try pool.backend.setContents(.formatted, of: id)
            #expect(try pool.restart().volume(id)?.contents == .formatted)
            #expect(failure { try pool.backend.setContents(.blank, of: id) }.code == .conflict)
            #expect(try pool.backend.volume(id)?.contents == .formatted)
        }
    }

    @Test
    func `a second create of an id is refused and changes nothing`() throws {
        try withPool(.ext4Thin) { pool in
            let first = try pool.backend.create(volumeRecord("a"))
            let error = failure { try pool.backend.create(volumeRecord("a", size: .mebibytes(64))) }
            #expect(error.code == .conflict)
            #expect(try pool.backend.volumes() == [first])
        }
    }

    @Test(arguments: PoolKind.all)
    func `a device is found again after a restart and goes with the volume`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            #expect(try pool.backend.attachment(of: id) == nil)
            let device = try pool.backend.attach(id)
            #expect(try pool.restart().attach(id) == device)
            #expect(try pool.backend.attachment(of: id) == device)
            let backing = try pool.facts(pool.volumePath(id)).identity
            try pool.backend.deleteVolume(id)
            #expect(try pool.loopDevices.find(backing: backing) == nil)
            #expect(try pool.folder("volumes").isEmpty)
        }
    }

    @Test
    func `a mounted volume is neither deleted nor detached`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let target = try pool.mount(id, named: "mnt")
            #expect(failure { try pool.backend.deleteVolume(id) }.code == .inUse)
            #expect(failure { try pool.backend.detach(id) }.code == .inUse)
            #expect(try pool.backend.volume(id) != nil)
            #expect(try pool.folder("volumes") == [id.text])
            try Mounts.unmountAll(target)
            try pool.backend.deleteVolume(id)
            #expect(try pool.backend.volume(id) == nil)
        }
    }

    @Test(arguments: [PoolKind.ext4Thin, PoolKind(filesystem: .xfs, isThick: true)])
    func `starts beside running operations lose and remove nothing`(kind: PoolKind) throws {
        try withPool(kind) { pool in
            let backend = try pool.backend
            let failures = Mutex<[DriverError]>([])
            onThreads(5) { thread in
                do throws(DriverError) {
                    for round in 0..<12 {
                        guard thread > 0 else {
                            try backend.start()
                            continue
                        }
                        let record = volumeRecord("\(thread) \(round)", size: .mebibytes(1))
                        let id = try backend.create(record).id
                        if round.isMultiple(of: 2) { try backend.deleteVolume(id) }
                    }
                } catch {
                    // A start holds what looks half-made for an instant: callers retry.
                    if error.code != .operationPending { failures.withLock { $0.append(error) } }
                }
            }
            #expect(failures.withLock { $0 }.isEmpty)
            let remembered = try backend.volumes().map(\.id.text)
            #expect(try pool.folder("volumes") == remembered)
            let available = try backend.capacity().available
            // Nothing runs beside this one: it reads everything from the disk.
            try backend.start()
            #expect(try backend.volumes().map(\.id.text) == remembered)
            // XFS frees inodes in the background, which are not ours to count.
            let after = try backend.capacity().available
            #expect(after - available < .mebibytes(1) && available - after < .mebibytes(1))
        }
    }

    @Test
    func `volumes are listed in order of id`() throws {
        try withPool(.ext4Thin) { pool in
            for name in ["c", "a", "d", "b"] { try pool.backend.create(volumeRecord(name)) }
            let ids = try pool.backend.volumes().map(\.id)
            #expect(ids == ids.sorted())
            #expect(ids.count == 4)
            try pool.backend.deleteVolume(ids[1])
            #expect(try pool.backend.volumes().map(\.id) == [ids[0], ids[2], ids[3]])
        }
    }
}
