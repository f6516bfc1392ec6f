package import DriverCore

/// Logical volumes of a volume group: with all their room from the start, or from a thin pool.
package struct LVMTierConfiguration: Sendable, Hashable {
    package enum Provisioning: Sendable, Hashable {
        case thick(LVMThickConfiguration)
        /// `overcommit`: how many times the pool's room may be promised.
        case thin(pool: String, overcommit: Double)
    }

    /// A name that LVM accepts.
    package let volumeGroup: String
    package let provisioning: Provisioning

    /// Whether the volumes are in a thin pool.
    package var isThin: Bool {
        if case .thin = provisioning { true } else { false }
    }

    /// `vg`, or `vg/pool`.
    package var path: String {
        switch provisioning {
        case .thick: volumeGroup
        case .thin(let pool, _): "\(volumeGroup)/\(pool)"
        }
    }
}

/// The settings of a thick tier.
package struct LVMThickConfiguration: Sendable, Hashable {
    package let wipe: WipePolicy
    /// The room that a snapshot gets for what its volume overwrites, in percent of the volume's
    /// size; a snapshot that needs more is lost.
    package let snapshotReservePercent: Int
    package let layout: Layout
}
