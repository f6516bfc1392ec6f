/// Bounds that keep every sum and product of a text's numbers within 64 bits.
enum Limits {
    /// LVM counts extents in 32 bits.
    static let mostExtents = Int(UInt32.max)
    /// In units of 512 bytes: the last one that fits a signed 64-bit offset.
    static let mostSectors = Int.max / 512
    /// LVM takes 32 bits for it.
    static let mostExtentSectors = Int(UInt32.max)
    /// Far beyond the areas that LVM makes (1 MiB unless asked otherwise).
    static let mostTextBytes = 32 << 20
}
