package import DriverCore

/// The file given by `--config`: the tiers of this node and their storage.
///
/// It is read once, at start; whatever is wrong in it is refused then, with file and line.
package struct TiersFile: Sendable {
    /// In the order of the file; at least one.
    package let tiers: [TierConfiguration]

    /// A file of tiers is some lines; more is something else.
    private static let largestBytes = 1 << 20

    /// `kinds` are the kinds of storage that a tier may have.
    package init(parsing text: String, file: String, kinds: [any TierStorage.Type])
        throws(DriverError)
    {
        try self.init(parsing: Array(text.utf8), file: file, kinds: kinds)
    }

    /// Throws `invalidRequest` that begins with `file:line: `.
    package init(parsing text: [UInt8], file: String, kinds: [any TierStorage.Type])
        throws(DriverError)
    {
        do {
            tiers = try Self.read(text, kinds)
        } catch {
            throw error.driverError(file: file)
        }
    }

    private static func read(_ text: [UInt8], _ kinds: [any TierStorage.Type])
        throws(ConfigurationProblem) -> [TierConfiguration]
    {
        guard text.count <= largestBytes else {
            throw ConfigurationProblem(line: 1, "the file is larger than \(largestBytes) bytes")
        }
        let root = try NodeBuilder.build(YAMLEvent.read(text))
        let file = try MappingReader(root, of: "the file", keys: ["tiers"])
        let list = try file.required("tiers")
        var tiers: [TierReader] = []
        for node in try list.list(of: "tiers") { tiers.append(try TierReader(node, kinds)) }
        guard !tiers.isEmpty else {
            throw ConfigurationProblem(line: list.line, "'tiers' needs at least one tier")
        }
        try requireDistinctNames(tiers)
        try requireDistinctPlaces(tiers)
        try requireOneDefault(tiers)
        return tiers.map { $0.configuration(isDefault: $0.isDefault ?? (tiers.count == 1)) }
    }

    private static func requireDistinctNames(_ tiers: [TierReader]) throws(ConfigurationProblem) {
        var lines: [String: Int] = [:]
        for tier in tiers {
            guard let first = lines.updateValue(tier.nameLine, forKey: tier.name) else { continue }
            throw ConfigurationProblem(
                line: tier.nameLine,
                "tier '\(tier.name)' is already defined on line \(first)"
            )
        }
    }

    private static func requireOneDefault(_ tiers: [TierReader]) throws(ConfigurationProblem) {
        let defaults = tiers.filter { $0.isDefault == true }
        guard defaults.count > 1 else { return }
        throw ConfigurationProblem(
            line: defaults[1].defaultLine,
            "only one tier can be the default, and '\(defaults[0].name)' is already on line "
                + "\(defaults[0].defaultLine)"
        )
    }

    private static func requireDistinctPlaces(_ tiers: [TierReader]) throws(ConfigurationProblem) {
        for (index, tier) in tiers.enumerated() {
            for other in tiers[..<index] {
                let problem = tier.storage.collision(with: other.storage, of: other.name)
                if let problem { throw problem }
            }
        }
    }
}
