import CSIMessages

/// The room for new volumes in a tier, in bytes.
struct TierRoom: Sendable, Equatable {
    /// For all volumes together.
    var available: Int64 = 0
    /// For one volume.
    var largest: Int64 = 0
    /// The smallest volume with the tier's default file system; nil where no node reports it.
    var smallestMounted: Int64?
    /// The same for a block volume.
    var smallestBlock: Int64?

    init() {}

    /// The room of one node, of which `charged` bytes are promised already.
    init(_ tier: NodeTier, charged: Int64) {
        available = tier.isAvailable ? max(0, tier.availableBytes - charged) : 0
        largest = min(tier.maximumVolumeBytes, available)
        smallestMounted = tier.minimumVolumeBytes > 0 ? tier.minimumVolumeBytes : nil
        smallestBlock = tier.sizeUnitBytes > 0 ? tier.sizeUnitBytes : nil
    }

    /// Adds the room of another node; a volume is on one node.
    mutating func add(_ other: TierRoom) {
        available += other.available
        largest = max(largest, other.largest)
        smallestMounted = Self.smaller(smallestMounted, other.smallestMounted)
        smallestBlock = Self.smaller(smallestBlock, other.smallestBlock)
    }

    private static func smaller(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
