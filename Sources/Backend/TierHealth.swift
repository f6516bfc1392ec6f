package import DriverCore

/// The state of a tier's storage, from a scan that changes nothing.
package struct TierHealth: Sendable, Hashable {
    /// A store that can become full.
    package enum Store: String, Sendable, CaseIterable {
        /// The data of the volumes.
        case data
        /// The metadata of the thin pool.
        case poolMetadata = "pool_metadata"
        /// The metadata area of the volume group.
        case groupMetadata = "group_metadata"
    }

    /// What needs somebody's hand; each has a kind.
    package var problems: [Finding] = []
    /// The share in use, 0...1, of each store that the tier has.
    package var levels: [Store: Double] = [:]

    package init() {}

    /// A tier that cannot serve, for this reason.
    package init(unavailable tier: String, _ error: DriverError) {
        problems = [
            .problem(
                .unavailable,
                "tier \(tier)",
                error.message,
                "fix this; the driver recovers without a restart"
            )
        ]
    }

    package var isUp: Bool {
        let down: [Finding.Kind] = [.unavailable, .duplicateDisk, .outdatedDisk]
        return !problems.contains { $0.kind.map(down.contains) ?? false }
    }
}
