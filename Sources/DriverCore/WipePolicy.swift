/// How the bytes of earlier owners are kept from the next one.
package enum WipePolicy: String, Sendable, Hashable, CaseIterable {
    /// Zeros are written before a volume is handed out.
    case zero
    /// Discarded before it is handed out; needs disks that promise zeros after that.
    case discard
    /// Not at all, but for what a file system could be mistaken for.
    case none

    /// Whether volumes of that layout can be wiped so: LVM's RAID makes no promise of zeros after a
    /// discard, whatever its disks do.
    package func suits(_ layout: Layout) -> Bool { self != .discard || layout.raid == nil }
}
