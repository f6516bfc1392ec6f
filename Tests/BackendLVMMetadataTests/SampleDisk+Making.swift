@testable import BackendLVM

extension SampleDisk {
    /// A disk with one area, made here as LVM makes it.
    static func made(
        id: String,
        text: [UInt8]?,
        at textOffset: Int64 = 512,
        area: DiskLabel.Area = frontArea,
        isIgnored: Bool = false
    ) -> SampleDisk {
        var disk = SampleDisk()
        disk.label(id: id, areas: [area])
        disk.commit(text, at: textOffset, in: area, isIgnored: isIgnored)
        return disk
    }

    mutating func label(id: String, areas: [DiskLabel.Area]) {
        var sector = [UInt8](repeating: 0, count: 512)
        sector.put(Array("LABELONE".utf8), at: 0)
        sector.put(1 as UInt64, at: 8)
        sector.put(32 as UInt32, at: 20)
        sector.put(Array("LVM2 001".utf8), at: 24)
        sector.put(id.utf8.filter { $0 != UInt8(ascii: "-") }, at: 32)
        sector.put(UInt64(Self.size), at: 64)
        sector.put(1 << 20 as UInt64, at: 72)
        for (index, area) in areas.enumerated() {
            sector.put(UInt64(area.start), at: 104 + index * 16)
            sector.put(UInt64(area.size), at: 112 + index * 16)
        }
        sector.put(MetadataChecksum.of(sector[20...]), at: 16)
        write(sector, at: 512)
    }

    /// Writes a text at a place of an area, going on at its front, and the head that names it.
    mutating func commit(
        _ text: [UInt8]?,
        at offset: Int64,
        in area: DiskLabel.Area = frontArea,
        isIgnored: Bool = false
    ) {
        let text = text ?? []
        let room = Int(area.size - offset)
        write(Array(text.prefix(room)), at: area.start + offset)
        if text.count > room { write(Array(text.dropFirst(room)), at: area.start + 512) }
        var head = [UInt8](repeating: 0, count: 512)
        head.put(Array(" LVM2 x[5A%r0N*>".utf8), at: 4)
        head.put(1 as UInt32, at: 20)
        head.put(UInt64(area.start), at: 24)
        head.put(UInt64(area.size), at: 32)
        if !text.isEmpty {
            head.put(UInt64(offset), at: 40)
            head.put(UInt64(text.count), at: 48)
            head.put(MetadataChecksum.of(text), at: 56)
            head.put(isIgnored ? 1 : 0 as UInt32, at: 60)
        }
        head.put(MetadataChecksum.of(head[4...]), at: 0)
        write(head, at: area.start)
    }
}

extension [UInt8] {
    mutating func put(_ bytes: [UInt8], at offset: Int) {
        replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }

    mutating func put(_ number: some FixedWidthInteger, at offset: Int) {
        for index in 0..<(number.bitWidth / 8) {
            self[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
    }
}
