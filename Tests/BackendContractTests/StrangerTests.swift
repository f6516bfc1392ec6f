import Backend
import DriverCore
import TestSupport
import Testing

/// What others keep beside Cairn's objects is theirs.
@Suite(.timeLimit(.minutes(10)))
struct StrangerTests {
    @Test(arguments: BackendKind.allCases)
    func `what Cairn did not make is neither listed, changed nor removed`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let strangers = try storage.makeForeign()
            #expect(!strangers.isEmpty)
            let bytes = Bytes.noise(count: 1 << 20)
            for path in strangers { try Bytes.write(bytes, to: path) }
            let names = try storage.objects()
            try storage.restart()
            try liveALife(storage)
            try storage.restart()
            #expect(try storage.backend.volumes().isEmpty)
            #expect(try storage.backend.snapshots().isEmpty)
            #expect(try storage.objects() == names)
            for path in strangers { #expect(try Bytes.read(path) == bytes) }
        }
    }

    private func liveALife(_ storage: Storage) throws {
        let id = try CopySource.make(in: storage)
        let snapshot = try storage.backend.create(snapshotRecord("s", of: CopySource.name)).id
        let restored = volumeRecord("r", size: .mebibytes(40), source: .snapshot(snapshot))
        let clone = volumeRecord("c", source: .volume(id))
        for record in [restored, clone] { try storage.backend.create(record) }
        try storage.backend.setContents(.raw, of: clone.id)
        #expect(try storage.backend.volumes().count == 3)
        try storage.restart()
        try storage.backend.deleteSnapshot(snapshot)
        _ = try storage.backend.expandVolume(id, to: .mebibytes(48))
        for id in [restored.id, clone.id, id] { try storage.backend.deleteVolume(id) }
    }
}
