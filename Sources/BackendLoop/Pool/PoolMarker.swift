import DiskFormat
import DriverCore
import FoundationEssentials

/// What makes a directory a pool: `cairn-pool.json`.
struct PoolMarker: Sendable, Hashable {
    /// Markers are a few hundred bytes; what is larger is not ours.
    static let limit = 64 << 10

    let uuid: String
    /// Two tiers must never share a directory: each would take the other's volumes for its own.
    let tier: String
    /// What a newer version has written, and only that one understands.
    private let unknown: UnknownKeys

    /// A marker for a new pool of the tier; of a making that was cut short, its UUID.
    init(tier: String, uuid: String? = nil) {
        self.uuid = uuid ?? UUID().uuidString.lowercased()
        self.tier = tier
        unknown = UnknownKeys()
    }

    /// Reads a marker; throws `unavailable` where it cannot be trusted.
    init(decoding bytes: [UInt8], path: String) throws(DriverError) {
        do {
            self = try DiskFormat.decode(PoolMarker.self, from: bytes)
        } catch {
            throw DriverError(
                .unavailable,
                "\(path) is damaged (\(error.message)); restore it from a backup: the pool is not "
                    + "used until then"
            )
        }
    }

    func encoded() throws(DriverError) -> [UInt8] { try DiskFormat.encode(self) }
}

extension PoolMarker: DiskFile {
    static let version = 1

    private enum Key: String, CodingKey { case formatVersion, tier, uuid }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        try Self.check(version: keys.decode(Int.self, forKey: .formatVersion))
        uuid = try keys.decode(String.self, forKey: .uuid)
        tier = try keys.decode(String.self, forKey: .tier)
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(Self.version, forKey: .formatVersion)
        try keys.encode(tier, forKey: .tier)
        try keys.encode(uuid, forKey: .uuid)
        try unknown.encode(to: encoder)
    }
}
