import DriverCore
import FoundationEssentials

/// What makes a directory a pool, in `cairn-pool.json`.
struct PoolMarker: Sendable, Hashable, Codable {
    /// Markers are a few hundred bytes; what is larger is not ours.
    static let limit = 64 << 10

    let formatVersion: Int
    let uuid: String
    /// Two tiers must never share a directory: each would take the other's volumes for its own.
    let tier: String

    /// A marker for a new pool of the tier.
    init(tier: String) {
        formatVersion = RecordCoding.currentVersion
        uuid = UUID().uuidString.lowercased()
        self.tier = tier
    }

    /// Reads a marker; throws `unavailable` where it cannot be trusted.
    init(decoding bytes: [UInt8], path: String) throws(DriverError) {
        do {
            self = try RecordCoding.decode(PoolMarker.self, from: bytes)
        } catch {
            throw DriverError(
                .unavailable,
                "\(path) is damaged (\(error.message)); restore it from a backup: the pool is left "
                    + "alone until then"
            )
        }
    }

    func encoded() throws(DriverError) -> [UInt8] { try RecordCoding.encode(self) }
}
