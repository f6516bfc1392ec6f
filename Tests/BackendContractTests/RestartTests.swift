import Backend
import DriverCore
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct RestartTests {
    @Test(arguments: BackendKind.allCases)
    func `a new driver finds everything as the last one left it`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try CopySource.make(in: storage)
            try storage.backend.create(snapshotRecord("s", of: CopySource.name))
            try storage.backend.create(volumeRecord("b", size: .mebibytes(16)))
            _ = try storage.backend.expandVolume(volumeID("b"), to: .mebibytes(24))
            try storage.backend.setContents(.raw, of: volumeID("b"))
            try storage.backend.deleteVolume(volumeID("never made"))
            let device = try storage.backend.attach(id)
            let volumes = try storage.backend.volumes()
            let snapshots = try storage.backend.snapshots()
            let objects = try storage.objects()
            for _ in 0..<2 {
                try storage.restart()
                #expect(try storage.backend.volumes() == volumes)
                #expect(try storage.backend.snapshots() == snapshots)
                #expect(try storage.backend.attachment(of: id) == device)
                #expect(try storage.objects() == objects)
            }
            // Starts of a driver that runs change nothing either.
            try storage.backend.start()
            #expect(try storage.backend.volumes() == volumes)
            try storage.backend.detach(id)
            #expect(try CopySource.isHeld(by: id, in: storage))
            let restored = volumeRecord("r", source: .snapshot(snapshotID("s")))
            #expect(try CopySource.isHeld(by: storage.backend.create(restored).id, in: storage))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `starts beside running operations lose and remove nothing`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let backend = try storage.backend
            let failures = Mutex<[DriverError]>([])
            onThreads(4) { thread in
                do throws(DriverError) {
                    for round in 0..<6 {
                        guard thread > 0 else {
                            try backend.start()
                            continue
                        }
                        let record = volumeRecord("\(thread) \(round)", size: .mebibytes(4))
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
            #expect(try storage.objects() == remembered)
            let available = try backend.capacity().available
            // Nothing runs beside this one: it reads everything from the disk.
            try backend.start()
            #expect(try backend.volumes().map(\.id.text) == remembered)
            // XFS frees inodes in the background, which are not ours to count.
            let after = try backend.capacity().available
            #expect(after - available < .mebibytes(1) && available - after < .mebibytes(1))
        }
    }
}
