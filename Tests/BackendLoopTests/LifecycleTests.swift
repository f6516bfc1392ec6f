import Backend
import DiskFormat
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

@Suite(.timeLimit(.minutes(5)))
struct LifecycleTests {
    @Test
    func `a volume is a folder with its data and its record`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            #expect(try pool.facts(pool.volumePath(id)).size == .mebibytes(32))
            #expect(try pool.folder("volumes/\(id)") == ["data", "volume.json"])
            try pool.backend.create(snapshotRecord("s", of: "a"))
            #expect(try pool.folder("snapshots") == [snapshotID("s").text])
        }
    }

    @Test
    func `the loop device of a volume goes with it`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let device = try pool.backend.attach(id)
            let backing = try pool.facts(pool.volumePath(id)).identity
            #expect(try pool.loopDevices.find(backing: backing)?.path == device.path)
            try pool.backend.deleteVolume(id)
            #expect(try pool.loopDevices.find(backing: backing) == nil)
        }
    }

    @Test
    func `a growth that was cut short before its record is finished by the start`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try Bytes.makeFile(pool.volumePath(id), size: .mebibytes(48))
            let backend = try pool.restart()
            #expect(try backend.volume(id)?.size == .mebibytes(48))
            #expect(try backend.expandVolume(id, to: .mebibytes(48)).size == .mebibytes(48))
        }
    }

    @Test
    func `a volume's device never shows more than its record says`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            try Bytes.makeFile(pool.volumePath(id), size: .mebibytes(48))
            let device = try pool.backend.attach(id)
            #expect(try BlockDevice.size(of: device.path) == .mebibytes(48))
            #expect(try pool.backend.volume(id)?.size == .mebibytes(48))
            try pool.backend.detach(id)
            #expect(try pool.restart().volume(id)?.size == .mebibytes(48))
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
            let bytes = try DiskFormat.encode(stored)
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
}
