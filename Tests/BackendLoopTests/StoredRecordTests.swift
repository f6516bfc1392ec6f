import Backend
import DiskFormat
import DriverCore
import TestSupport
import Testing

@testable import BackendLoop

@Suite(.timeLimit(.minutes(5)))
struct StoredRecordTests {
    @Test
    func `a record is read back as it was written, with sorted keys and a version`() throws {
        var record = volumeRecord("name with \"quotes\" and ü")
        record.source = .snapshot(snapshotID("s"))
        record.claim = ClaimNames(claim: "c", namespace: "n", volume: nil)
        let stored = Stored(record: record, sharedAtCreation: .mebibytes(3))
        let bytes = try DiskFormat.encode(stored)
        #expect(try DiskFormat.decode(Stored<VolumeRecord>.self, from: bytes) == stored)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\"formatVersion\" : 1"))
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("    \"") }
        #expect(keys == keys.sorted())
    }

    @Test
    func `what a newer version has written in a volume's file survives each change`() throws {
        try withPool(.ext4Thin) { pool in
            let id = try pool.backend.create(volumeRecord("a")).id
            let path = pool.volumePath(id, "volume.json")
            var text = String(decoding: try Bytes.read(path), as: UTF8.self)
            let additions = [
                ("{\n  \"", "{\"later-file\" : 1,\n  \""),
                ("\"record\" : {", "\"record\" : {\"later-record\" : { \"in\" : [1, null] },"),
                ("\"created\" : {", "\"created\" : {\"later-created\" : true,"),
                ("\"claim\" : {", "\"claim\" : {\"later-claim\" : \"c\""),
                ("\"isBlock\" : false", "\"isBlock\" : false, \"later-capability\" : []"),
            ]
            for (place, replacement) in additions { text.replace(place, with: replacement) }
            try replaceFile(path, with: Array(text.utf8))
            let backend = try pool.restart()
            #expect(try backend.expandVolume(id, to: .mebibytes(48)).size == .mebibytes(48))
            try backend.setContents(.formatting, of: id)
            let stored = try DiskFormat.decode(
                Stored<VolumeRecord>.self,
                from: Bytes.read(path)
            )
            #expect(stored.record.size == .mebibytes(48))
            #expect(stored.record.contents == .formatting)
            let now = String(decoding: try Bytes.read(path), as: UTF8.self)
            for level in ["file", "record", "created", "claim", "capability"] {
                #expect(now.contains("\"later-\(level)\" : "))
            }
        }
    }

    @Test
    func `a snapshot's file keeps what a newer version has written`() throws {
        var stored = Stored(record: snapshotRecord("s", of: "a"), sharedAtCreation: .zero)
        let plain = String(decoding: try DiskFormat.encode(stored), as: UTF8.self)
        let text = plain.replacing(
            "\"record\" : {",
            with: "\"later\" : 1, \"record\" : {\"deep\" : [],"
        )
        .replacing("\"created\" : {", with: "\"created\" : {\"clock\" : \"x\",")
        stored = try DiskFormat.decode(Stored<SnapshotRecord>.self, from: Array(text.utf8))
        #expect(stored.record == snapshotRecord("s", of: "a"))
        let again = String(decoding: try DiskFormat.encode(stored), as: UTF8.self)
        for key in ["later", "deep", "clock"] { #expect(again.contains("\"\(key)\" : ")) }
    }

    @Test(
        arguments: [
            ("\"ready\"", "\"resting\""), ("\"blank\"", "\"sealed\""), ("\"ext4\"", "\"zfs\""),
            ("\"v1-", "\"r1-"), ("\"sharedAtCreation\" : 0", "\"sharedAtCreation\" : -1"),
            ("\"snapshot\" : {", "\"volume\" : {}, \"snapshot\" : {"),
            ("\"snapshot\" : {", "\"image\" : {"), ("\"nanoseconds\" : 5", "\"nanoseconds\" : -5"),
        ])
    func `a value that this version does not know is damage and no default`(
        known: String,
        other: String
    ) throws {
        let record = volumeRecord("a", source: .snapshot(snapshotID("s")))
        let bytes = try DiskFormat.encode(Stored(record: record, sharedAtCreation: .zero))
        var text = String(decoding: bytes, as: UTF8.self)
        text.replace("\"creating\"", with: "\"ready\"")
        let changed = text.replacing(known, with: other)
        #expect(changed != text)
        let error = failure {
            _ = try DiskFormat.decode(Stored<VolumeRecord>.self, from: Array(changed.utf8))
        }
        #expect(error.code == .hostFailure)
        #expect(error.message.contains("the key 'record.") || error.message.contains("-1"))
    }

    @Test
    func `a load gives way to what changed meanwhile`() {
        let table = RecordTable<VolumeRecord>()
        let first = Stored(record: volumeRecord("first"), sharedAtCreation: .zero)
        let second = Stored(record: volumeRecord("second"), sharedAtCreation: .zero)
        table.put(first)
        table.beginLoad()
        table.remove(first.record.id)
        table.put(second)
        table.finishLoad([first.record.id: .usable(first)])
        #expect(table.records() == [second.record])
    }
}
