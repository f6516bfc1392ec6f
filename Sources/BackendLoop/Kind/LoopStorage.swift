package import Configuration
import DriverCore

/// A loop tier as the tiers file tells it: files in a folder, attached as loop devices.
package struct LoopStorage: TierStorage {
    package enum Provisioning: String, Sendable, CaseIterable { case thick, thin }

    package static let key = "loop"

    /// Absolute, without `.`, `..` and empty components.
    package let directory: String
    package let provisioning: Provisioning
    /// How many times the room may be promised; 1 where the tier is thick.
    package let overcommit: Double
    /// Whether the driver may create a pool in the empty directory, where there is no proof of one.
    package let createsPool: Bool
    /// Whether the directory must be the root of a mounted file system.
    package let requiresMountPoint: Bool
    /// The UUID of the pool that must be there; nil where the file has none.
    package let uuid: String?
    /// Whether the tier may be on tmpfs, or in the layer of a container.
    package let isVolatile: Bool
    /// The line of the file that names the directory.
    private let line: Int

    package init(_ node: NamedNode) throws(ConfigurationProblem) {
        let loop = try MappingReader(node.node, of: "'loop'", keys: LoopReader.keys)
        let directory = try loop.required("directory")
        line = directory.line
        self.directory = try LoopReader.directory(directory)
        provisioning = try loop.optional("provisioning")?.choice(Provisioning.self) ?? .thin
        let overcommit = try loop.optional("overcommit")
        self.overcommit = try overcommit?.number(atLeast: 0.1) ?? 1
        if let overcommit, provisioning == .thick {
            throw ConfigurationProblem(
                line: overcommit.line,
                "'overcommit' is accepted only with provisioning: thin"
            )
        }
        createsPool = try LoopReader.createsPool(loop)
        requiresMountPoint = try loop.optional("mountPoint")?.flag() ?? false
        uuid = try loop.optional("uuid").map(LoopReader.uuid)
        isVolatile = try loop.optional("volatile")?.flag() ?? false
    }

    /// One folder inside another would let one tier's files count as the other's.
    package func collision(with other: any TierStorage, of tier: String) -> ConfigurationProblem? {
        guard let other = other as? LoopStorage, Self.overlap(directory, other.directory) else {
            return nil
        }
        return ConfigurationProblem(
            line: line,
            "the directory \(directory) and \(other.directory) of tier '\(tier)' are the same or one "
                + "inside the other"
        )
    }

    private static func overlap(_ left: String, _ right: String) -> Bool {
        left == right || left.hasBytePrefix(right + "/") || right.hasBytePrefix(left + "/")
    }
}
