import Backend
import DriverCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CreateTests {
    @Test(arguments: BackendKind.allLayouts)
    func `a new volume is stored as given and reads as zeros`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            var expected = volumeRecord("a")
            let made = try storage.backend.create(expected)
            expected.state = .ready
            #expect(made == expected)
            #expect(try storage.backend.volume(expected.id) == expected)
            #expect(try storage.backend.volumes() == [expected])
            #expect(try storage.objects() == [made.id.text])
            #expect(try storage.size(of: made.id) == .mebibytes(32))
            #expect(try storage.isZero(made.id))
            #expect(try storage.restart().volumes() == [expected])
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a tier says what it is`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let backend = try storage.backend
            #expect(backend.isThick == kind.row.isThick)
            #expect(ByteCount.mebibytes(4).bytes.isMultiple(of: backend.sizeUnit.bytes))
            try backend.checkHealth()
            let empty = (try backend.volumes(), try backend.snapshots())
            #expect(empty.0.isEmpty && empty.1.isEmpty)
            #expect(try backend.volume(volumeID("a")) == nil)
            #expect(try backend.snapshot(snapshotID("a")) == nil)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `an id is made once, and a second create changes nothing`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let volume = try storage.backend.create(volumeRecord("a"))
            try storage.write(Array("kept".utf8), to: volume.id)
            let snapshot = try storage.backend.create(snapshotRecord("s", of: "a"))
            var other = snapshotRecord("s", of: "a")
            other.contents = .raw
            let attempts: [() throws -> Void] = [
                { try storage.backend.create(volumeRecord("a")) },
                { try storage.backend.create(volumeRecord("a", size: .mebibytes(64))) },
                { try storage.backend.create(volumeRecord("a", source: .snapshot(snapshot.id))) },
                { try storage.backend.create(snapshotRecord("s", of: "a")) },
                { try storage.backend.create(other) },
            ]
            for attempt in attempts { #expect(failure(attempt).code == .conflict) }
            #expect(try storage.backend.volumes() == [volume])
            #expect(try storage.backend.snapshots() == [snapshot])
            #expect(try storage.read(volume.id, count: 4) == Array("kept".utf8))
            #expect(try storage.size(of: volume.id) == .mebibytes(32))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `volumes and snapshots are listed in order of id`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let size = ByteCount.mebibytes(8)
            for name in ["c", "a", "d", "b"] {
                try storage.backend.create(volumeRecord(name, size: size))
            }
            for name in ["y", "x", "z"] {
                try storage.backend.create(snapshotRecord(name, of: "d", size: size))
            }
            let ids = try storage.backend.volumes().map(\.id)
            #expect(ids == ["a", "b", "c", "d"].map(volumeID).sorted())
            let snapshots = try storage.backend.snapshots().map(\.id)
            #expect(snapshots == ["x", "y", "z"].map(snapshotID).sorted())
            let gone = volumeID("a")
            try storage.backend.deleteVolume(gone)
            #expect(try storage.backend.volumes().map(\.id) == ids.filter { $0 != gone })
        }
    }
}
