import CSIMessages
import DriverCore

/// Tiers that a node no longer has.
///
/// A volume that was made there, and whose answer was lost, may still be asked for.
struct FormerTiers: Sendable {
    /// An upper limit, because registrations come from outside.
    private static let most = 64

    /// When the node last had each tier, by name; the key nil stands for its default tier.
    private var ends: [ByteKey?: ContinuousClock.Instant] = [:]

    init() {}

    /// The earlier ones, without those that are back or too old, and with those that the node no
    /// longer has.
    init(
        _ before: FormerTiers,
        _ old: ClusterNode,
        heard: ContinuousClock.Instant,
        now node: ClusterNode,
        at time: ContinuousClock.Instant
    ) {
        let (old, new) = (Self.keys(of: old), Self.keys(of: node))
        ends = before.ends.filter { time - $0.value < NodeRegistry.memory && !new.contains($0.key) }
        for key in old.subtracting(new).prefix(Self.most - ends.count) { ends[key] = heard }
    }

    func has(_ name: String?) -> Bool { !ends.isEmpty && ends[name.map(ByteKey.init)] != nil }

    private static func keys(of node: ClusterNode) -> Set<ByteKey?> {
        var keys = Set<ByteKey?>(node.registration.tiers.map { ByteKey($0.name) })
        if node.tier(named: nil) != nil { keys.insert(nil) }
        return keys
    }
}
