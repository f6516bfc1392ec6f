import Configuration
import DriverCore

/// Reads the value of `createOptions`.
enum LayoutReader {
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
            "'stripeSize' is accepted only with more than one stripe"
        )
    }

    private static func stripes(_ node: NamedNode, _ raid: Layout.RAID?)
        throws(ConfigurationProblem) -> Int
    {
        let accepted = Layout.stripes(of: raid)
        return try node.integer(accepted, accepted: Layout.acceptedStripes(of: raid))
    }

    private static func stripeSize(_ node: NamedNode) throws(ConfigurationProblem) -> ByteCount {
        let text = try node.text(accepted: Layout.acceptedStripeSizes)
        guard let size = ByteCount(parsing: text), Layout.isStripeSize(size) else {
            throw node.refusal(accepted: Layout.acceptedStripeSizes)
        }
        return size
    }
}
