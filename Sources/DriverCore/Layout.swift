/// How a volume lies on the disks of its volume group.
package struct Layout: Sendable, Hashable {
    /// The levels that lvcreate calls by the same names.
    package enum RAID: String, Sendable, Hashable, CaseIterable {
        case raid0, raid1, raid5, raid6, raid10
    }

    /// nil: no redundancy by LVM.
    package let raid: RAID?
    /// Over how many disks the data is spread, parity and copies not counted.
    package let stripes: Int
    /// How much goes to one disk before the next; nil: what the host's LVM takes.
    package let stripeSize: ByteCount?

    /// `stripes` nil means the least that the level takes.
    package init(raid: RAID? = nil, stripes: Int? = nil, stripeSize: ByteCount? = nil) {
        self.raid = raid
        self.stripes = stripes ?? Self.fewestStripes(of: raid)
        self.stripeSize = stripeSize
    }

    /// One disk after the other.
    package static let linear = Layout()

    /// The least number of stripes of a level.
    ///
    /// Source: lvmraid(7).
    package static func fewestStripes(of raid: RAID?) -> Int {
        switch raid {
        case nil, .raid1: 1
        case .raid0, .raid5, .raid10: 2
        case .raid6: 3
        }
    }

    /// How many disks a volume lies on at a time.
    package var width: Int {
        switch raid {
        case nil, .raid0: stripes
        case .raid1: 2
        case .raid5: stripes + 1
        case .raid6: stripes + 2
        case .raid10: stripes * 2
        }
    }
}
