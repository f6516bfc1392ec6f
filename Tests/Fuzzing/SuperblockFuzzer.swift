@testable import Host

/// The ext4 superblock of a volume, which whoever writes to the disk has in hand.
enum SuperblockFuzzer: Fuzzer {
    /// Each byte that is read, with the fields in the order of their offsets.
    private static let read: [Int] = [
        0x04..<0x08, 0x14..<0x1c, 0x20..<0x24, 0x28..<0x2c, 0x34..<0x3c, 0x40..<0x48, 0x58..<0x5a,
        0x5c..<0x60, 0x60..<0x64, 0xce..<0xd0, 0x150..<0x154, 0x277..<0x278,
    ].flatMap(\.self)

    /// The first eight bytes are the device's size, the others the fields.
    static func run(_ input: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: Ext4Superblock.length)
        for (offset, byte) in zip(read, input.dropFirst(8)) { bytes[offset] = byte }
        (bytes[0x38], bytes[0x39]) = (0x53, 0xef)
        guard let superblock = Ext4Superblock(bytes: bytes) else { return }
        require(superblock.reasonForCheck(secondsSince1970: 1 << 31) != "", "no word of a reason")
        require(superblock.blockSize >= 1024, "blocks of \(superblock.blockSize) bytes")
        let device = input.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        let reachable = superblock.reachableSize(onDeviceOf: device)
        require(
            reachable <= device || reachable == superblock.size,
            "a file system of \(reachable) bytes on a device of \(device)"
        )
    }
}
