/// How the data of earlier owners is kept from the next one.
package enum WipePolicy: String, Sendable, Hashable, CaseIterable {
    /// Zeros are written before a volume is `ready`.
    case zero
    /// Discarded before it is `ready`; needs disks that return zeros after that.
    case discard
    /// Not at all, except for signatures that could be mistaken for a file system.
    case none

    /// Whether volumes of that layout can be wiped so: LVM's RAID makes no promise of zeros after a
    /// discard, whatever its disks do.
    package func suits(_ layout: Layout) -> Bool { self != .discard || layout.raid == nil }
}
