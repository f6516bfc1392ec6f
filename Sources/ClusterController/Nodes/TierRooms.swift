import CSIMessages
import DriverCore

/// The room of every node by tier, in short rows, so that GetCapacity over thousands of nodes reads
/// one array.
struct TierRooms: Sendable {
    private struct Row {
        let node: Int
        /// As ``nanoseconds(_:)`` gives it.
        let heard: Int64
        let room: TierRoom
    }

    /// Sorted by node; the key nil stands for the default tier of each node.
    private var rows: [ByteKey?: [Row]] = [:]
    private static let origin = ContinuousClock.now

    /// To compare two instants takes forty times as long as to add a row, and two integers no time.
    private static func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (instant - origin).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// The room of all nodes that registered after `limit`.
    func sum(of tier: String?, heardAfter limit: ContinuousClock.Instant) -> TierRoom {
        let limit = Self.nanoseconds(limit)
        var sum = TierRoom()
        for row in rows[tier.map(ByteKey.init)] ?? [] where row.heard > limit { sum.add(row.room) }
        return sum
    }

    /// Replaces the row of a node.
    mutating func replace(
        _ old: [NodeTier],
        with new: [NodeTier],
        ofNode node: Int,
        heard: ContinuousClock.Instant,
        room: (NodeTier) -> TierRoom
    ) {
        let keys = Set(new.flatMap(Self.keys))
        for key in Set(old.flatMap(Self.keys)).subtracting(keys) { remove(node, from: key) }
        // Of two tiers with one key the first counts, as where a node's tier is looked up.
        for tier in new.reversed() {
            let row = Row(node: node, heard: Self.nanoseconds(heard), room: room(tier))
            for key in Self.keys(of: tier) { set(row, in: key) }
        }
    }

    /// Removes a node that had these tiers.
    mutating func remove(_ tiers: [NodeTier], ofNode node: Int) {
        for key in tiers.flatMap(Self.keys) { remove(node, from: key) }
    }

    private static func keys(of tier: NodeTier) -> [ByteKey?] {
        let name = ByteKey(tier.name)
        return tier.isDefault ? [name, nil] : [name]
    }

    private mutating func set(_ row: Row, in key: ByteKey?) {
        let index = index(of: row.node, in: key)
        if let count = rows[key]?.count, index < count, rows[key]?[index].node == row.node {
            rows[key]?[index] = row
        } else {
            rows[key, default: []].insert(row, at: index)
        }
    }

    private mutating func remove(_ node: Int, from key: ByteKey?) {
        let index = index(of: node, in: key)
        guard let count = rows[key]?.count, index < count, rows[key]?[index].node == node else {
            return
        }
        rows[key]?.remove(at: index)
        if rows[key]?.isEmpty == true { rows[key] = nil }
    }

    /// The index of the node's row, or where it would be.
    private func index(of node: Int, in key: ByteKey?) -> Int {
        guard let rows = rows[key] else { return 0 }
        var range = rows.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range =
                rows[middle].node < node
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
