import DriverCore

/// The LVM label of a disk: its id, and where its metadata areas are.
///
/// Source: lib/label/label.h and lib/format_text/layout.h of LVM2; all numbers are little-endian.
struct DiskLabel: Sendable, Hashable {
    /// A part of the disk for metadata, in bytes.
    struct Area: Sendable, Hashable {
        let start: Int64
        let size: Int64
    }

    /// LVM makes one area at the front, or one at each end.
    private static let mostAreas = 16
    /// An upper limit for offsets, so that sums of them fit into 64 bits.
    private static let farthest = UInt64(1) << 60

    /// As in the metadata text, with dashes.
    let id: String
    let areas: [Area]

    /// Nil where there is no label of LVM; throws where there is a damaged one.
    init?(in head: [UInt8]) throws(DriverError) {
        guard let sector = Self.sector(of: head) else { return nil }
        let bytes = Array(head[(sector * 512)..<(sector * 512 + 512)])
        guard bytes.uint64(at: 8) == UInt64(sector) else {
            throw DriverError(.hostFailure, "an LVM label in the wrong sector")
        }
        guard MetadataChecksum.of(bytes[20...]) == bytes.uint32(at: 16) else {
            throw DriverError(.hostFailure, "a damaged LVM label: its checksum is wrong")
        }
        let header = Int(bytes.uint32(at: 20))
        guard header >= 32, header <= 512 - 40 else { throw Self.damaged }
        id = Self.dashed(bytes[header..<(header + 32)])
        var place = header + 40
        // The areas for data come first; an area of nothing ends each list.
        _ = try Self.list(in: bytes, from: &place)
        areas = try Self.list(in: bytes, from: &place)
    }

    private static var damaged: DriverError {
        DriverError(.hostFailure, "an LVM label that cannot be parsed")
    }

    private static func sector(of head: [UInt8]) -> Int? {
        (0..<4).first { sector in
            let start = sector * 512
            return start + 512 <= head.count && head.holds("LABELONE", at: start)
                && head.holds("LVM2 001", at: start + 24)
        }
    }

    private static func list(in bytes: [UInt8], from place: inout Int) throws(DriverError)
        -> [Area]
    {
        var areas: [Area] = []
        while place + 16 <= bytes.count {
            let start = bytes.uint64(at: place)
            let size = bytes.uint64(at: place + 8)
            place += 16
            if start == 0 { return areas }
            guard areas.count < mostAreas, start <= farthest, size <= farthest else {
                throw damaged
            }
            areas.append(Area(start: Int64(start), size: Int64(size)))
        }
        throw damaged
    }

    /// `AbCdEf-1234-…`: groups of 6, 4, 4, 4, 4, 4 and 6 characters.
    private static func dashed(_ id: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        for (index, byte) in id.enumerated() {
            if index >= 6, index <= 26, (index - 6).isMultiple(of: 4) {
                text.append(UInt8(ascii: "-"))
            }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
