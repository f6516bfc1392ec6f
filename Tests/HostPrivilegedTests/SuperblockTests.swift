import Testing

@testable import Host

@Suite(.timeLimit(.minutes(5)))
struct SuperblockTests {
    /// A superblock that holds nothing but its magic number and the logarithm of the block size.
    private func superblock(blockSize logarithm: UInt8) -> Ext4Superblock? {
        var bytes = [UInt8](repeating: 0, count: Ext4Superblock.length)
        (bytes[0x38], bytes[0x39]) = (0x53, 0xef)
        bytes[0x18] = logarithm
        return Ext4Superblock(bytes: bytes)
    }

    @Test
    func `the largest block size is read`() {
        #expect(superblock(blockSize: 6)?.blockSize == 65536)
    }

    /// Above 53 the block size would be zero, and dividing by it the end of the driver.
    @Test(arguments: [7, 53, 54, 64, 255])
    func `a block size that ext4 does not know is no superblock`(logarithm: UInt8) {
        #expect(superblock(blockSize: logarithm) == nil)
    }
}
