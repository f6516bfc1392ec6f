import Backend
import DiskFormat
import DriverCore

/// A record with everything else that is in its file, `volume.json` or `snapshot.json`.
struct Stored<Record: StoredRecord>: Sendable, Hashable {
    var record: Record
    /// How much of the data was shared with its source when it was cut; it never grows, and on a
    /// thick tier it is what the pool must still be able to allocate.
    var sharedAtCreation: ByteCount
    /// What a newer version has written, and only that one understands.
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

/// The form that a record has in its file.
protocol RecordOnDisk: Codable {
    associatedtype Record
    associatedtype Unknown: UnknownRecordKeys

    init(_ record: Record, keeping unknown: Unknown)
    var record: Record { get }
    /// What a newer version has written into the record.
    var unknown: Unknown { get }
}

/// The keys of a record that this version does not know.
protocol UnknownRecordKeys: Sendable, Hashable {
    init()
}
