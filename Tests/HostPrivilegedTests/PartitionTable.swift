/// The first sectors of a disk with an empty GUID partition table, as UEFI describes them.
enum PartitionTable {
    static func gpt(sectors: UInt64) -> [UInt8] {
        let entries = [UInt8](repeating: 0, count: 128 * 128)
        var header = [UInt8](repeating: 0, count: 512)
        header.replaceSubrange(0..<8, with: Array("EFI PART".utf8))
        put(0x0001_0000, 4, into: &header, at: 8)
        put(92, 4, into: &header, at: 12)
        put(1, 8, into: &header, at: 24)
        put(sectors - 1, 8, into: &header, at: 32)
        put(34, 8, into: &header, at: 40)
        put(sectors - 34, 8, into: &header, at: 48)
        header.replaceSubrange(56..<72, with: (1...16).map { UInt8($0) })
        put(2, 8, into: &header, at: 72)
        put(128, 4, into: &header, at: 80)
        put(128, 4, into: &header, at: 84)
        put(UInt64(checksum(entries[...])), 4, into: &header, at: 88)
        put(UInt64(checksum(header[..<92])), 4, into: &header, at: 16)
        return protectiveRecord(sectors: sectors) + header + entries
    }

    private static func protectiveRecord(sectors: UInt64) -> [UInt8] {
        var record = [UInt8](repeating: 0, count: 512)
        record[450] = 0xEE
        put(1, 4, into: &record, at: 454)
        put(sectors - 1, 4, into: &record, at: 458)
        record.replaceSubrange(510..<512, with: [0x55, 0xAA])
        return record
    }

    private static func put(_ value: UInt64, _ size: Int, into bytes: inout [UInt8], at offset: Int)
    {
        for index in 0..<size {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
        }
    }

    /// CRC-32 as in zlib.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = sum & 1 != 0
                sum >>= 1
                if isOdd { sum ^= 0xEDB8_8320 }
            }
        }
        return ~sum
    }
}
