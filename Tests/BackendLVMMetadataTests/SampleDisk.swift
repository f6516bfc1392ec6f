@testable import BackendLVM

/// What is stored on a disk: pieces, and zeros between them.
struct SampleDisk {
    static let size: Int64 = 64 << 20
    /// The area that LVM makes at the front of a disk.
    static let frontArea = DiskLabel.Area(start: 4096, size: 1_044_480)

    var pieces: [(offset: Int64, bytes: [UInt8])] = []

    mutating func write(_ bytes: [UInt8], at offset: Int64) { pieces.append((offset, bytes)) }

    /// Later pieces lie over earlier ones.
    func read(_ offset: Int64, _ count: Int) -> [UInt8] {
        let end = min(offset + Int64(count), Self.size)
        guard offset < end else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(end - offset))
        for piece in pieces {
            let from = max(offset, piece.offset)
            let until = min(end, piece.offset + Int64(piece.bytes.count))
            guard from < until else { continue }
            bytes.replaceSubrange(
                Int(from - offset)..<Int(until - offset),
                with: piece.bytes[Int(from - piece.offset)..<Int(until - piece.offset)]
            )
        }
        return bytes
    }
}

extension SampleDisk {
    /// A disk of the group in ``Sample/mixed`` as LVM has written it.
    ///
    /// The label's sector and the areas' heads are copies; what follows in them is zeros.
    static func real(label: String, heads: [(offset: Int64, hex: String)]) throws -> SampleDisk {
        var disk = SampleDisk()
        disk.write(bytes(ofHex: label), at: 512)
        for head in heads {
            disk.write(bytes(ofHex: head.hex), at: head.offset)
            disk.write(try Sample.mixed.bytes + [0], at: head.offset + 0x2d800)
        }
        return disk
    }

    private static func bytes(ofHex text: String) -> [UInt8] {
        let digits = text.filter { !$0.isWhitespace }.compactMap { $0.hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    /// Of a disk with one area.
    static func oneArea() throws -> SampleDisk {
        try real(
            label: """
                4c4142454c4f4e45 0100000000000000 53981f3d20000000 4c564d3220303031 7670794377493469
                7730534f51466c45 756379677770544e 446e52776c6f7858 0000000400000000 0000100000000000
                0000000000000000 0000000000000000 0000000000000000 0010000000000000 00f00f0000000000
                0000000000000000 0000000000000000 0200000001000000
                """,
            heads: [(4096, frontHead)]
        )
    }

    /// Of a disk with an area at each end.
    static func twoAreas() throws -> SampleDisk {
        try real(
            label: """
                4c4142454c4f4e45 0100000000000000 715bfa1a20000000 4c564d3220303031 4273634a564c6251
                7a74646944564a69 36635a455349314d 34784f3246425954 0000000400000000 0000100000000000
                0000000000000000 0000000000000000 0000000000000000 0010000000000000 00f00f0000000000
                0000f00300000000 0000100000000000 0000000000000000 0000000000000000 0200000001000000
                """,
            heads: [
                (4096, frontHead),
                (
                    0x3f0_0000,
                    """
                    1dbe47bd204c564d 3220785b35412572 304e2a3e01000000 0000f00300000000
                    0000100000000000 00d8020000000000 3c16000000000000 cc88100500000000
                    """
                ),
            ]
        )
    }

    /// Of a disk without any area.
    static func noArea() throws -> SampleDisk {
        try real(
            label: """
                4c4142454c4f4e45 0100000000000000 5a3b716520000000 4c564d3220303031 5046585336703145
                6558764c46386d4c 4579685650724578 5259323463447254 0000000400000000 0000100000000000
                0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000
                0200000001000000
                """,
            heads: []
        )
    }

    private static let frontHead = """
        9c04ad66204c564d 3220785b35412572 304e2a3e01000000 0010000000000000 00f00f0000000000
        00d8020000000000 3c16000000000000 cc88100500000000
        """
}
