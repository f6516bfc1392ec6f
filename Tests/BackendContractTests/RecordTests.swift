import Backend
import DriverCore
import TestSupport
import Testing

/// Records come back as they were given, whatever people and StorageClasses put into them.
@Suite(.timeLimit(.minutes(10)))
struct RecordTests {
    /// Everything that an escape, a separator or a quote could be mistaken for.
    private static let odd =
        "pvc \"a\"'b'`c`\\d/../e,f;g=h!21@i#j%20$HOME&|<>(){}[]*?~^:+-_.\t\n\r\u{7F}ü漢🏔 "

    private func volume(_ name: String) -> VolumeRecord { volumeRecord(name, size: .mebibytes(8)) }

    private var full: VolumeRecord {
        var record = volume("full")
        record.name = Self.odd
        record.capabilities = [
            RecordedCapability(
                mode: "MULTI_NODE_READER_ONLY",
                isBlock: false,
                filesystem: "xfs",
                mountFlags: ["context=\"system_u:object_r:x:s0:c1,c2\"", "noatime", "", Self.odd]
            ),
            RecordedCapability(
                mode: "SINGLE_NODE_WRITER",
                isBlock: true,
                filesystem: "",
                mountFlags: []
            ),
        ]
        record.filesystem = .btrfs
        record.parameters = [
            "tier": "test", "": "empty key", "empty value": "", Self.odd: Self.odd,
            "a.b/c-d_e": String(repeating: "long=", count: 100),
        ]
        record.created = Timestamp(seconds: 4_102_444_800, nanoseconds: 999_999_999)
        record.contents = .copied
        record.isEphemeral = true
        record.claim = ClaimNames(claim: Self.odd, namespace: "", volume: "pvc-1")
        return record
    }

    private var bare: VolumeRecord {
        var record = volume("bare")
        record.capabilities = []
        record.filesystem = nil
        record.parameters = [:]
        record.created = Timestamp(seconds: 0, nanoseconds: 0)
        record.contents = .raw
        return record
    }

    /// Names that CSI allows are up to 128 bytes.
    private var long: VolumeRecord {
        var record = volume("long")
        record.name = String(repeating: "ü", count: 64)
        record.claim = ClaimNames(claim: String(repeating: "c", count: 253), namespace: nil)
        return record
    }

    @Test(arguments: BackendKind.allCases)
    func `every field of a volume comes back as it was given`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            var expected: [VolumeRecord] = []
            for record in [full, bare, long] {
                var stored = record
                stored.state = .ready
                let made = try storage.backend.create(record)
                #expect(made == stored)
                #expect(try storage.backend.volume(record.id) == stored)
                expected.append(stored)
            }
            #expect(try storage.restart().volumes() == expected.sorted { $0.id < $1.id })
            let counted = try storage.backend.countedVolumes()
            #expect(Set(counted) == Set(expected.map(CountedVolume.init)))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `every field of a snapshot and of a copy comes back as it was given`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let source = try storage.backend.create(volume("source"))
            var snapshot = snapshotRecord("s", of: "source", size: source.size)
            snapshot.name = Self.odd
            snapshot.parameters = ["": "", Self.odd: Self.odd, "long": source.id.text]
            snapshot.filesystem = .xfs
            snapshot.contents = .formatting
            snapshot.created = Timestamp(seconds: 1, nanoseconds: 1)
            var second = snapshotRecord("second", of: "source", size: source.size)
            second.filesystem = nil
            second.contents = .raw
            for record in [snapshot, second] {
                #expect(try storage.backend.create(record) == record)
            }
            var restored = volume("restored")
            restored.source = .snapshot(snapshot.id)
            var clone = volume("clone")
            clone.source = .volume(source.id)
            for record in [restored, clone] {
                #expect(try storage.backend.create(record).source == record.source)
            }
            try storage.restart()
            #expect(try storage.backend.snapshot(snapshot.id) == snapshot)
            #expect(try storage.backend.snapshot(second.id) == second)
            #expect(try storage.backend.volume(restored.id)?.source == restored.source)
            #expect(try storage.backend.volume(clone.id)?.source == clone.source)
        }
    }
}
