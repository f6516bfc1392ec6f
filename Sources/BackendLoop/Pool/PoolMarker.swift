import DiskFormat
import DriverCore
import FoundationEssentials

/// The file that makes a directory a pool: `cairn-pool.json`.
struct PoolMarker: Sendable, Hashable {
    /// Markers are a few hundred bytes; a larger file is not Cairn's.
    static let limit = 64 << 10

    let uuid: String
    /// The pool's tier: two tiers must never share a directory, or each would use the other's
    /// volumes.
    let tier: String
    /// Keys of a newer version, which are kept.
    private let unknown: UnknownKeys

    /// A marker for a new pool of the tier; continues an interrupted creation with its UUID.
    init(tier: String, uuid: String? = nil) {
        self.uuid = uuid ?? UUID().uuidString.lowercased()
        self.tier = tier
        unknown = UnknownKeys()
    }

    /// Parses a marker; throws `unavailable` where it is damaged.
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
