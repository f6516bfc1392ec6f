import Backend
import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct SnapshotTests {
    private func restore(_ snapshot: SnapshotID, as name: String, size: ByteCount = .mebibytes(32))
        -> VolumeRecord
    {
        volumeRecord(name, size: size, source: .snapshot(snapshot), contents: .copied)
    }

    @Test(arguments: BackendKind.allLayouts)
    func `a snapshot keeps what the volume held, and a restore holds it`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            try CopySource.make(in: storage)
            let record = snapshotRecord("snap", of: CopySource.name)
            let progress = Progress()
            #expect(try storage.backend.createSnapshot(record, progress: progress) == record)
            #expect(try storage.backend.snapshot(record.id) == record)
            try CopySource.change(in: storage)
            let equal = try storage.backend.create(restore(record.id, as: "equal")).id
            #expect(try CopySource.isHeld(by: equal, in: storage))
            #expect(try storage.size(of: equal) == .mebibytes(32))
            let larger = try storage.backend.create(
                restore(record.id, as: "larger", size: .mebibytes(40))
            )
            #expect(larger.contents == .copied && larger.createdSize == .mebibytes(40))
            #expect(try storage.size(of: larger.id) == .mebibytes(40))
            #expect(try CopySource.isHeld(by: larger.id, in: storage))
            #expect(try storage.restart().snapshots() == [record])
            #expect(try CopySource.isHeld(by: equal, in: storage))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a restored volume is written without its snapshot changing`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            try CopySource.make(in: storage)
            let snapshot = try storage.backend.create(snapshotRecord("s", of: CopySource.name)).id
            let first = try storage.backend.create(restore(snapshot, as: "first")).id
            try CopySource.change(in: storage, first)
            let second = try storage.backend.create(restore(snapshot, as: "second")).id
            #expect(try CopySource.isHeld(by: second, in: storage))
            #expect(try CopySource.isHeld(by: CopySource.id, in: storage))
        }
    }

    @Test(arguments: BackendKind.allLayouts)
    func `a restored volume outlives its snapshot and its source`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let source = try CopySource.make(in: storage)
            let snapshot = try storage.backend.create(snapshotRecord("s", of: CopySource.name)).id
            let restored = try storage.backend.create(restore(snapshot, as: "restored")).id
            for _ in 0..<2 { try storage.backend.deleteSnapshot(snapshot) }
            #expect(try storage.backend.snapshots().isEmpty)
            try storage.backend.deleteVolume(source)
            #expect(try storage.objects() == [restored.text])
            #expect(try CopySource.isHeld(by: restored, in: storage))
            _ = try storage.backend.expandVolume(restored, to: .mebibytes(40))
            #expect(try CopySource.isHeld(by: restored, in: storage))
            #expect(try storage.restart().volumes().map(\.id) == [restored])
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a source is deleted, or kept, as its snapshots need it`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let source = try CopySource.make(in: storage)
            let snapshot = try storage.backend.create(snapshotRecord("s", of: CopySource.name))
            if kind.row.snapshotsNeedTheirSource {
                #expect(failure { try storage.backend.deleteVolume(source) }.code == .inUse)
                #expect(try CopySource.isHeld(by: source, in: storage))
            } else {
                try storage.backend.deleteVolume(source)
                #expect(try storage.backend.volumes().isEmpty)
            }
            #expect(try storage.restart().snapshots() == [snapshot])
            let restored = try storage.backend.create(restore(snapshot.id, as: "restored")).id
            #expect(try CopySource.isHeld(by: restored, in: storage))
            try storage.backend.deleteSnapshot(snapshot.id)
            try storage.backend.deleteVolume(source)
            #expect(try storage.objects() == [restored.text])
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `snapshots of a restored volume stand on their own`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            try CopySource.make(in: storage)
            let first = try storage.backend.create(snapshotRecord("1", of: CopySource.name)).id
            let middle = try storage.backend.create(restore(first, as: "middle")).id
            let second = try storage.backend.create(snapshotRecord("2", of: "middle")).id
            try CopySource.change(in: storage, middle)
            try storage.backend.deleteSnapshot(first)
            let last = try storage.backend.create(restore(second, as: "last")).id
            #expect(try CopySource.isHeld(by: last, in: storage))
            #expect(try storage.backend.snapshots().map(\.id) == [second])
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a snapshot of what does not exist is refused and leaves nothing`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let record = snapshotRecord("s", of: "missing")
            #expect(failure { try storage.backend.create(record) }.code == .notFound)
            let unknown = restore(record.id, as: "restored")
            #expect(failure { try storage.backend.create(unknown) }.code == .notFound)
            try storage.backend.deleteSnapshot(record.id)
            #expect(try storage.objects().isEmpty)
        }
    }
}
