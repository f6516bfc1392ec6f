import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLoop

@Suite
struct RecordCodingTests {
    @Test
    func `a record is read back as it was written, with sorted keys and a version`() throws {
        var record = volumeRecord("name with \"quotes\" and ü")
        record.source = .snapshot(snapshotID("s"))
        record.claim = ClaimNames(claim: "c", namespace: "n", volume: nil)
        let stored = Stored(record: record, sharedAtCreation: .mebibytes(3))
        let bytes = try RecordCoding.encode(stored)
        #expect(try RecordCoding.decode(Stored<VolumeRecord>.self, from: bytes) == stored)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\"formatVersion\" : 1"))
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("    \"") }
        #expect(keys == keys.sorted())
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
