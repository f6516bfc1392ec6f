import DriverCore

/// How full the metadata area of a volume group is.
///
/// Old and new text stand beside each other while LVM writes, so half of an area is what a text can
/// take; a change that makes the text longer than that fails.
struct MetadataSpace: Sendable, Hashable {
    /// What the text takes now, in full sectors.
    let used: ByteCount
    /// What a text can take in the smallest area that is in use.
    let limit: ByteCount

    /// What `vgs -o vg_mda_free` says.
    var free: ByteCount { (limit - used).roundedDown(toMultipleOf: ByteCount(512)) }
}
