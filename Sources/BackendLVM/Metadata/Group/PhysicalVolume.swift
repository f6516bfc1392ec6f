import DriverCore

/// A disk of a volume group.
struct PhysicalVolume: Sendable, Hashable {
    /// What the segments call it: `pv0`.
    let name: String
    /// As in the text, with dashes.
    let id: String
    /// Where it was when the text was written; it may be elsewhere by now, or nowhere.
    let deviceHint: String
    let extentCount: Int
    /// Where the first extent lies, in sectors of 512 bytes.
    let firstExtentSector: Int
    let deviceSize: ByteCount
    /// Whether LVM may put new data there (`pvchange -x`).
    let isAllocatable: Bool
    /// Whether LVM itself has written down that it is missing.
    let isMissing: Bool
    let tags: [String]
    /// Where it is now, as the ``MetadataCache`` has found it.
    var device: String?
    /// Why the ``MetadataCache`` cannot read it, in words; nil where it can.
    var trouble: String?
    /// Whether this host has it, and LVM is told not to use it.
    var isHidden = false
    /// What is wrong with it though it can be read, such as a damaged metadata area.
    var warning: String?

    /// Whether new data can go there, and what is there can be reached.
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
