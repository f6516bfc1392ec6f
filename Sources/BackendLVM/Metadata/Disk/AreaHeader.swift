import DriverCore

/// The header of a metadata area: where the valid text is in it.
///
/// Equal headers mean an unchanged text: each commit writes the text elsewhere in the area.
/// Source: struct mda_header of LVM2's lib/format_text/layout.h.
struct AreaHeader: Sendable, Hashable {
    static let size = 512
    private static let magic = " LVM2 x[5A%r0N*>"

    let area: DiskLabel.Area
    /// In bytes from the area's start; both are zero where the disk belongs to no group.
    let textOffset: Int64
    let textSize: Int64
    let checksum: UInt32
    /// Whether LVM does not use this area, so that its text may be old.
    let isIgnored: Bool

    /// Whether there is a text to be read.
    var hasText: Bool { textSize > 0 && !isIgnored }

    /// The largest text that fits; LVM needs room for the old one and the new one.
    var limit: ByteCount { ByteCount((area.size - Int64(Self.size)) / 2) }

    /// Throws `hostFailure` where it is damaged or has an unknown format.
    init(parsing bytes: [UInt8], of area: DiskLabel.Area) throws(DriverError) {
        guard bytes.count >= Self.size, MetadataChecksum.of(bytes[4..<512]) == bytes.uint32(at: 0)
        else { throw DriverError(.hostFailure, "the header of a metadata area is damaged") }
        guard bytes.holds(Self.magic, at: 4), bytes.uint32(at: 20) == 1,
            bytes.uint64(at: 24) == UInt64(area.start), bytes.uint64(at: 32) == UInt64(area.size),
            area.size > Int64(Self.size)
        else {
            throw DriverError(.hostFailure, "the header of a metadata area has an unknown format")
        }
        self.area = area
        let offset = bytes.uint64(at: 40)
        let size = bytes.uint64(at: 48)
        checksum = bytes.uint32(at: 56)
        isIgnored = bytes.uint32(at: 60) & 1 != 0
        guard offset != 0 else {
            (textOffset, textSize) = (0, 0)
            return
        }
        guard offset >= UInt64(Self.size), offset < UInt64(area.size),
            size <= UInt64(area.size) - UInt64(Self.size), size <= UInt64(Limits.mostTextBytes)
        else { throw DriverError(.hostFailure, "a metadata area has an impossible text position") }
        (textOffset, textSize) = (Int64(offset), Int64(size))
    }

    /// The text's ranges on the disk: one, or two where it continues at the start of the area.
    var textRanges: [Range<Int64>] {
        let start = area.start + textOffset
        let end = area.start + area.size
        guard start + textSize > end else { return [start..<(start + textSize)] }
        let front = area.start + Int64(Self.size)
        return [start..<end, front..<(front + textSize - (end - start))]
    }
}
