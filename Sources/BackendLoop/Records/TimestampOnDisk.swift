import DiskFormat
import DriverCore

/// `{"seconds": 1795763471, "nanoseconds": 366535750}`.
struct TimestampOnDisk: Codable {
    let timestamp: Timestamp
    let unknown: UnknownKeys

    private enum Key: String, CodingKey { case seconds, nanoseconds }

    init(_ timestamp: Timestamp, _ unknown: UnknownKeys) {
        self.timestamp = timestamp
        self.unknown = unknown
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        let nanoseconds = try keys.decode(Int32.self, forKey: .nanoseconds)
        guard (0..<1_000_000_000).contains(nanoseconds) else {
            throw keys.damage(.nanoseconds, "\(nanoseconds) is not a fraction of a second")
        }
        timestamp = Timestamp(
            seconds: try keys.decode(Int64.self, forKey: .seconds),
            nanoseconds: nanoseconds
        )
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(timestamp.seconds, forKey: .seconds)
        try keys.encode(timestamp.nanoseconds, forKey: .nanoseconds)
        try unknown.encode(to: encoder)
    }
}
