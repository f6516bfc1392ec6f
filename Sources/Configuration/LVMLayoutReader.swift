import DriverCore

/// Reads the value of `createOptions`.
enum LVMLayoutReader {
    private static let keys = ["stripes", "stripeSize", "raid"]

    static func read(_ node: NamedNode) throws(ConfigurationProblem) -> Layout {
        let options = try MappingReader(node.node, of: "'createOptions'", keys: keys)
        let raid = try options.optional("raid")?.choice(Layout.RAID.self)
        let stripes = try options.optional("stripes")
        let count = try stripes.map { (node) throws(ConfigurationProblem) in
            try Self.stripes(node, raid)
        }
        let layout = Layout(
            raid: raid,
            stripes: count,
            stripeSize: try options.optional("stripeSize").map(stripeSize)
        )
        guard let size = try options.optional("stripeSize"), layout.stripes == 1 else {
            return layout
        }
        throw ConfigurationProblem(
            line: size.line,
            "'stripeSize' is accepted only where there are stripes"
        )
    }

    /// Source: MAX_STRIPES and DEFAULT_RAID_MAX_IMAGES of LVM 2.03.
    private static func mostStripes(_ raid: Layout.RAID?) -> Int {
        switch raid {
        case nil: 128
        case .raid0: 64
        case .raid1: 1
        case .raid5: 63
        case .raid6: 62
        case .raid10: 32
        }
    }

    private static func stripes(_ node: NamedNode, _ raid: Layout.RAID?)
        throws(ConfigurationProblem) -> Int
    {
        let (fewest, most) = (Layout.fewestStripes(of: raid), mostStripes(raid))
        let accepted =
            fewest == most
            ? "only 1 with raid1" : "\(fewest) to \(most)\(raid.map { " with \($0)" } ?? "")"
        return try node.integer(fewest...most, accepted: accepted)
    }

    private static func stripeSize(_ node: NamedNode) throws(ConfigurationProblem) -> ByteCount {
        let accepted = "a power of two from 4Ki to 1Mi"
        let text = try node.text(accepted: accepted)
        guard let size = ByteCount(parsing: text), size.bytes.nonzeroBitCount == 1,
            (ByteCount.kibibytes(4)...ByteCount.mebibytes(1)).contains(size)
        else { throw node.refusal(accepted: accepted) }
        return size
    }
}
