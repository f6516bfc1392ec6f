import Backend
import DriverCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CloneTests {
    @Test(arguments: BackendKind.allCases)
    func `a clone and its source change apart from each other`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let source = try CopySource.make(in: storage)
            let progress = Progress()
            let clone = try storage.backend.createVolume(
                volumeRecord("clone", source: .volume(source)),
                progress: progress
            ).id
            #expect(progress.percent == 100)
            let second = try storage.backend.create(
                volumeRecord("second", source: .volume(source))
            ).id
            try CopySource.change(in: storage, clone)
            #expect(try CopySource.isHeld(by: source, in: storage))
            try CopySource.change(in: storage, source)
            #expect(try CopySource.isHeld(by: second, in: storage))
            #expect(try storage.read(clone, count: 1) == [9])
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a larger clone has zeros behind its source, and outlives it`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let source = try CopySource.make(in: storage)
            let record = volumeRecord("clone", size: .mebibytes(48), source: .volume(source))
            let clone = try storage.backend.create(record).id
            try storage.backend.deleteVolume(source)
            #expect(try storage.objects() == [clone.text])
            #expect(try storage.size(of: clone) == .mebibytes(48))
            #expect(try CopySource.isHeld(by: clone, in: storage))
            try storage.restart()
            #expect(try CopySource.isHeld(by: clone, in: storage))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a copy smaller than its source is refused and leaves nothing`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let source = try CopySource.make(in: storage)
            let snapshot = try storage.backend.create(snapshotRecord("s", of: CopySource.name)).id
            for source in [VolumeSource.volume(source), .snapshot(snapshot)] {
                let copy = volumeRecord("copy", size: .mebibytes(16), source: source)
                #expect(failure { try storage.backend.create(copy) }.code == .unsupportedSize)
            }
            #expect(try storage.objects() == [source.text, snapshot.text].sorted())
            #expect(try storage.backend.volume(volumeID("copy")) == nil)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a copy of what does not exist is refused and leaves nothing`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let copy = volumeRecord("copy", source: .volume(volumeID("missing")))
            #expect(failure { try storage.backend.create(copy) }.code == .notFound)
            let left = try storage.backend.volumes()
            #expect(try left.isEmpty && storage.objects().isEmpty)
        }
    }
}
