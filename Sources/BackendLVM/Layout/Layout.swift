package import DriverCore

/// The layout of a volume on the disks of its volume group.
package struct Layout: Sendable, Hashable {
    /// The RAID levels, with lvcreate's names.
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
        self.stripes = stripes ?? Self.stripes(of: raid).lowerBound
        self.stripeSize = stripeSize
    }

    /// One disk after the other.
    package static let linear = Layout()

    /// How many stripes a level takes.
    ///
    /// Source: lvmraid(7); MAX_STRIPES and DEFAULT_RAID_MAX_IMAGES of LVM 2.03.
    package static func stripes(of raid: RAID?) -> ClosedRange<Int> {
        switch raid {
        case nil: 1...128
        case .raid0: 2...64
        case .raid1: 1...1
        case .raid5: 2...63
        case .raid6: 3...62
        case .raid10: 2...32
        }
    }

    /// The same in words, for a refusal.
    package static func acceptedStripes(of raid: RAID?) -> String {
        let range = stripes(of: raid)
        guard range.count > 1 else { return "only 1 with raid1" }
        return "\(range.lowerBound) to \(range.upperBound)\(raid.map { " with \($0)" } ?? "")"
    }

    package static func isStripeSize(_ size: ByteCount) -> Bool {
        (ByteCount.kibibytes(4)...ByteCount.mebibytes(1)).contains(size)
            && size.bytes.nonzeroBitCount == 1
    }

    /// The same in words, for a refusal.
    package static let acceptedStripeSizes = "a power of two from 4Ki to 1Mi"

    /// Whether the volume outlives the loss of a disk.
    package var isRedundant: Bool {
        switch raid {
        case nil, .raid0: false
        case .raid1, .raid5, .raid6, .raid10: true
        }
    }

    /// The number of disks with data of the volume at each offset.
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

extension Layout: CustomStringConvertible {
    package var description: String {
        switch raid {
        case nil: stripes == 1 ? "linear" : "\(stripes) stripes"
        case .raid1: "raid1"
        case let raid?: "\(raid) of \(stripes) stripes"
        }
    }
}
