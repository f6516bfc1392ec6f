import DriverCore

/// Where a tier keeps its data, so that no two tiers use the same place.
struct TierPlace {
    enum Storage: Hashable {
        case directory(String)
        /// The pool is nil for volumes in the group itself.
        case volumeGroup(String, pool: String?)
    }

    let storage: Storage
    /// The line of the file.
    let line: Int

    /// A complaint where both are one place; nil where they are not.
    ///
    /// One folder inside another would let one tier's files count as the other's. In one volume
    /// group each pool is a place, and the rest of the group is one.
    func collision(with other: TierPlace, of tier: String) -> ConfigurationProblem? {
        switch (storage, other.storage) {
        case (.directory(let mine), .directory(let theirs)) where Self.overlap(mine, theirs):
            ConfigurationProblem(
                line: line,
                "the directory \(mine) and \(theirs) of tier '\(tier)' are the same or one inside the other"
            )
        case (.volumeGroup(let group, nil), _) where storage == other.storage:
            ConfigurationProblem(
                line: line,
                "volume group '\(group)' is already used by tier '\(tier)'"
            )
        case (.volumeGroup(let group, let pool?), _) where storage == other.storage:
            ConfigurationProblem(
                line: line,
                "thin pool '\(group)/\(pool)' is already used by tier '\(tier)'"
            )
        default: nil
        }
    }

    private static func overlap(_ left: String, _ right: String) -> Bool {
        left == right || left.hasBytePrefix(right + "/") || right.hasBytePrefix(left + "/")
    }
}
