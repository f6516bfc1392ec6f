/// The checksum of LVM's structures on disk.
///
/// A CRC-32 with the reflected polynomial 0xEDB88320, but with LVM's own initial value and without
/// the inversion at the end.
enum MetadataChecksum {
    private static let initial: UInt32 = 0xF597_A6CF

    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(initial) { sum, byte in
            sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)]
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320
        }
    }
}
