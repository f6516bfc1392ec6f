import DriverCore

/// A disk of a volume group.
struct PhysicalVolume: Sendable, Hashable {
    /// What the segments call it: `pv0`.
    let name: String
    /// As in the text, with dashes.
    let id: String
    /// Its device when the text was written; it may have another one now, or none.
    let deviceHint: String
    let extentCount: Int
    /// Where the first extent lies, in sectors of 512 bytes.
    let firstExtentSector: Int
    let deviceSize: ByteCount
    /// Whether LVM may put new data there (`pvchange -x`).
    let isAllocatable: Bool
    /// Whether LVM has marked it as missing.
    let isMissing: Bool
    let tags: [String]
    /// Its present device, as the ``MetadataCache`` found it.
    var device: String?
    /// Why the ``MetadataCache`` cannot read it; nil where it can.
    var trouble: String?
    /// Whether this host has it, but LVM is configured not to use it.
    var isHidden = false
    /// A problem of a disk that can be read, such as a damaged metadata area.
    var warning: String?

    /// Whether it can be read and LVM may put new data there.
    var isUsable: Bool { isAllocatable && !isMissing && trouble == nil }
}

extension PhysicalVolume {
    init(_ section: ConfigSection) throws(DriverError) {
        name = section.name
        id = try section.string("id")
        deviceHint = try section.optionalString("device") ?? ""
        extentCount = try section.integer("pe_count", in: 0...Limits.mostExtents)
        firstExtentSector = try section.integer("pe_start", in: 0...Limits.mostSectors, else: 0)
        let sectors = try section.integer("dev_size", in: 0...Limits.mostSectors, else: 0)
        deviceSize = ByteCount(Int64(sectors) * 512)
        isAllocatable = try section.strings("status").contains("ALLOCATABLE")
        isMissing = try section.strings("flags").contains("MISSING")
        tags = try section.strings("tags")
    }
}
