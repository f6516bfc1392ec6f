import DriverCore
import Glibc

/// The fields of an ext4 superblock that say whether the file system needs a check.
///
/// Source: the kernel's Documentation/filesystems/ext4/super.rst; all numbers are little-endian.
struct Ext4Superblock {
    static let offset: off_t = 1024
    static let length = 1024

    private let bytes: [UInt8]

    /// Reads it from a device; nil where there is none.
    init?(of device: borrowing HeldDevice) throws(DriverError) {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        let node = device.descriptor.rawValue
        let count = try attempt("read the superblock of \(device.path)") {
            unsafe pread(node, &bytes, bytes.count, Self.offset)
        }
        guard count == Self.length else { return nil }
        self.init(bytes: bytes)
    }

    /// Nil for anything that the kernel would not mount for its magic number or its block size.
    init?(bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.count == Self.length, number(at: 0x38, size: 2) == 0xEF53,
            number(at: 0x18, size: 4) <= Self.largestBlockSizeLogarithm
        else { return nil }
    }

    /// Source: EXT4_MAX_BLOCK_LOG_SIZE of the kernel, 16, less the 10 of the smallest.
    private static let largestBlockSizeLogarithm = 6

    /// Why it needs a check; nil where it does not.
    ///
    /// A file system with a journal that was not unmounted is no reason: the kernel replays it.
    func reasonForCheck(secondsSince1970 now: UInt64) -> String? {
        let state = number(at: 0x3A, size: 2)
        let isClean = state & 1 != 0
        if state & 2 != 0 { return "errors were found while it was mounted" }
        let hasJournal = number(at: 0x5C, size: 4) & 4 != 0
        if !isClean, !hasJournal { return "it was not unmounted and has no journal" }
        // Signed, and switched off by -1 or 0.
        let mostMounts = Int16(truncatingIfNeeded: number(at: 0x36, size: 2))
        if mostMounts > 0, number(at: 0x34, size: 2) >= UInt64(mostMounts) {
            return "it was mounted \(mostMounts) times"
        }
        let interval = number(at: 0x44, size: 4)
        let checked = number(at: 0x40, size: 4) | number(at: 0x277, size: 1) << 32
        if interval > 0, now >= checked + interval { return "its check interval has passed" }
        return nil
    }

    /// The size with which the file system was made or to which it has grown, in bytes.
    var size: UInt64 {
        let hasHighWord = number(at: 0x60, size: 4) & 0x80 != 0
        let high = hasHighWord ? number(at: 0x150, size: 4) << 32 : 0
        return (high | number(at: 0x04, size: 4)) << (10 + number(at: 0x18, size: 4))
    }

    /// In bytes.
    var blockSize: UInt64 { 1024 << number(at: 0x18, size: 4) }

    /// The size that it can have on a device of that many bytes: a last group with hardly more than
    /// its own tables is never made.
    ///
    /// Source: ext2fs_initialize of libext2fs, which asks for the group's overhead and 50 blocks.
    func reachableSize(onDeviceOf bytes: UInt64) -> UInt64 {
        let first = number(at: 0x14, size: 4)
        let perGroup = number(at: 0x20, size: 4)
        let blocks = bytes / blockSize
        guard perGroup > 0, blocks > first else { return size }
        let inodeTable = number(at: 0x28, size: 4) * number(at: 0x58, size: 2) / blockSize
        let overhead = 3 + number(at: 0xCE, size: 2) + inodeTable + 50
        let rest = (blocks - first) % perGroup
        return (rest < overhead ? blocks - rest : blocks) * blockSize
    }

    private func number(at offset: Int, size: Int) -> UInt64 {
        bytes[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
