import Backend
import DiskFormat
import DriverCore

@testable import BackendLoop

/// `volume.json`, `snapshot.json` and `cairn-pool.json`.
enum RecordFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        check(Stored<VolumeRecord>.self, input)
        check(Stored<SnapshotRecord>.self, input)
        expectRefusal(.unavailable) { () throws(DriverError) in
            let marker = try PoolMarker(decoding: input, path: "/pool/marker")
            let again = repeating("reading a marker that was written") { () throws(DriverError) in
                try PoolMarker(decoding: marker.encoded(), path: "/pool/marker")
            }
            require(again == marker, "a marker changes when it is written and read")
        }
    }

    private static func check<Record: DiskFile>(_ type: Record.Type, _ input: [UInt8]) {
        expectRefusal(.hostFailure) { () throws(DriverError) in
            let record = try DiskFormat.decode(Record.self, from: input)
            let again = repeating("reading a record that was written") { () throws(DriverError) in
                try DiskFormat.decode(Record.self, from: DiskFormat.encode(record))
            }
            require(again == record, "a record changes when it is written and read")
        }
    }
}
