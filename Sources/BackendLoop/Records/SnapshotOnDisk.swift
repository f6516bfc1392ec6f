import Backend
import DiskFormat
import DriverCore

/// The key `record` of `snapshot.json`.
struct SnapshotOnDisk: RecordOnDisk {
    let record: SnapshotRecord
    let unknown: Unknown

    /// The keys at each level that this version does not know.
    struct Unknown: UnknownRecordKeys {
        var own = UnknownKeys()
        var created = UnknownKeys()
    }

    private enum Key: String, CodingKey {
        case id, name, tier, source, size, contents, filesystem, blockSize, parameters, created
    }

    init(_ record: SnapshotRecord, keeping unknown: Unknown) {
        self.record = record
        self.unknown = unknown
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        let created = try keys.decode(TimestampOnDisk.self, forKey: .created)
        record = SnapshotRecord(
            id: try keys.id(.id),
            name: try keys.decode(String.self, forKey: .name),
            tier: try keys.decode(String.self, forKey: .tier),
            source: try keys.id(.source),
            size: try keys.size(.size),
            contents: try keys.choice(.contents),
            filesystem: try keys.choiceIfPresent(.filesystem),
            blockSize: try keys.choiceIfPresent(.blockSize),
            parameters: try keys.decode([String: String].self, forKey: .parameters),
            created: created.timestamp
        )
        unknown = Unknown(
            own: try UnknownKeys(in: decoder, besides: Key.self),
            created: created.unknown
        )
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(record.id, forKey: .id)
        try keys.encode(record.name, forKey: .name)
        try keys.encode(record.tier, forKey: .tier)
        try keys.encode(record.source, forKey: .source)
        try keys.encode(record.size, forKey: .size)
        try keys.encode(record.contents.rawValue, forKey: .contents)
        try keys.encodeIfPresent(record.filesystem?.rawValue, forKey: .filesystem)
        try keys.encodeIfPresent(record.blockSize?.rawValue, forKey: .blockSize)
        try keys.encode(record.parameters, forKey: .parameters)
        try keys.encode(TimestampOnDisk(record.created, unknown.created), forKey: .created)
        try unknown.own.encode(to: encoder)
    }
}
