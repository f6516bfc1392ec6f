package import Configuration

/// A tier of LVM as the tiers file tells it: logical volumes of a group, with all their room from the
/// start, or from a thin pool.
package struct LVMStorage: TierStorage {
    package static let key = "lvm"

    /// A name that LVM accepts.
    package let volumeGroup: String
    package let provisioning: Provisioning
    /// The line of the file that names the pool, or the group where there is none.
    private let line: Int

    package init(_ node: NamedNode) throws(ConfigurationProblem) {
        let lvm = try MappingReader(node.node, of: "'lvm'", keys: LVMReader.keys)
        let group = try lvm.required("volumeGroup")
        volumeGroup = try LVMReader.name(group)
        let pool = try lvm.optional("thinPool")
        line = pool?.line ?? group.line
        if let pool {
            provisioning = .thin(try LVMReader.thin(pool, lvm))
        } else {
            provisioning = .thick(try LVMReader.thick(lvm))
        }
    }

    package var kind: String { pool == nil ? Self.key : "thin" }

    /// nil for volumes that lie in the group itself.
    private var pool: String? {
        switch provisioning {
        case .thick: nil
        case .thin(let options): options.pool
        }
    }

    /// `vg`, or `vg/pool`.
    package var path: String { pool.map { "\(volumeGroup)/\($0)" } ?? volumeGroup }

    /// In one volume group each pool is a place, and the rest of the group is one.
    package func collision(with other: any TierStorage, of tier: String) -> ConfigurationProblem? {
        guard let other = other as? LVMStorage, path == other.path else { return nil }
        let what = pool == nil ? "volume group" : "thin pool"
        return ConfigurationProblem(
            line: line,
            "\(what) '\(path)' is already used by tier '\(tier)'"
        )
    }
}
