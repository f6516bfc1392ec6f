import Backend
import DiskFormat
import DriverCore

/// A record with the other keys of its file, `volume.json` or `snapshot.json`.
struct Stored<Record: StoredRecord>: Sendable, Hashable {
    var record: Record
    /// How much of the data was shared with its source when it was made; it never grows.
    ///
    /// On a thick tier the pool must still be able to allocate as much.
    var sharedAtCreation: ByteCount
    /// Keys of a newer version, which are kept.
    var unknown = UnknownKeys()
    var unknownInRecord = Record.OnDisk.Unknown()
}

extension Stored: DiskFile {
    static var version: Int { 2 }

    private enum Key: String, CodingKey { case formatVersion, record, sharedAtCreation }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        try Self.check(version: keys.decode(Int.self, forKey: .formatVersion))
        let body = try keys.decode(Record.OnDisk.self, forKey: .record)
        record = body.record
        unknownInRecord = body.unknown
        sharedAtCreation = try keys.size(.sharedAtCreation)
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(record.formatVersion, forKey: .formatVersion)
        try keys.encode(Record.OnDisk(record, keeping: unknownInRecord), forKey: .record)
        try keys.encode(sharedAtCreation, forKey: .sharedAtCreation)
        try unknown.encode(to: encoder)
    }
}

/// The JSON form of a record.
protocol RecordOnDisk: Codable {
    associatedtype Record
    associatedtype Unknown: UnknownRecordKeys

    init(_ record: Record, keeping unknown: Unknown)
    var record: Record { get }
    /// Keys of a newer version in the record.
    var unknown: Unknown { get }
}

/// The keys of a record that this version does not know.
protocol UnknownRecordKeys: Sendable, Hashable {
    init()
}
