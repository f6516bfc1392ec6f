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

    /// `vg`, or `vg/pool`.
    package var path: String {
        switch provisioning {
        case .thick: volumeGroup
        case .thin(let pool, _): "\(volumeGroup)/\(pool)"
        }
    }
}

/// What only volumes that have all their room from the start need to know.
package struct LVMThickConfiguration: Sendable, Hashable {
    /// How a new volume is kept from showing what its blocks held before.
    package enum Wipe: String, Sendable, Hashable, CaseIterable {
        /// By writing zeros.
        case zero
        /// By a discard after which the disk promises zeros.
        case discard
        /// Not at all: the next owner can read the last one's data.
        case none
    }

    package let wipe: Wipe
    /// The room that a snapshot gets for what its volume overwrites, in percent of the volume's
    /// size; a snapshot that needs more is lost.
    package let snapshotReservePercent: Int
    package let layout: LVMLayout
}

/// How a volume lies on the disks of its group.
package struct LVMLayout: Sendable, Hashable {
    package enum RAID: String, Sendable, Hashable, CaseIterable {
        case raid0, raid1, raid5, raid6, raid10
    }

    /// nil: no redundancy by LVM.
    package let raid: RAID?
    /// Over how many disks the data is spread, parity and copies not counted.
    package let stripes: Int
    /// How much goes to one disk before the next; nil: what the host's LVM takes.
    package let stripeSize: ByteCount?

    /// One disk after the other.
    package static let linear = LVMLayout(raid: nil, stripes: 1, stripeSize: nil)

    package init(raid: RAID?, stripes: Int, stripeSize: ByteCount?) {
        self.raid = raid
        self.stripes = stripes
        self.stripeSize = stripeSize
    }

    /// How many disks it needs.
    package var disks: Int {
        switch raid {
        case nil, .raid0: stripes
        case .raid1: 2
        case .raid5: stripes + 1
        case .raid6: stripes + 2
        case .raid10: stripes * 2
        }
    }
}
