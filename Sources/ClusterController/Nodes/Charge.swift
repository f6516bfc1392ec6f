import CSIMessages
import DriverCore

/// A new volume, counted against its node's room until a registration counts it.
struct Charge: Sendable {
    let tier: String
    let bytes: Int64
    /// When the node answered.
    let time: ContinuousClock.Instant
}

extension [Charge] {
    /// The tier's room without these volumes.
    func room(of tier: NodeTier) -> TierRoom {
        let charged = reduce(0) { $1.tier.hasSameBytes(as: tier.name) ? $0 + $1.bytes : $0 }
        return TierRoom(tier, charged: charged)
    }
}
