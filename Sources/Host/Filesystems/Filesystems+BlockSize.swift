package import DriverCore

extension Filesystems {
    /// Whether mkfs options ask for blocks or sectors below 4096 bytes, which a device with
    /// 4096-byte sectors cannot have.
    ///
    /// What cannot be read as a size counts as small.
    package static func hasSmallBlocks(mkfsOptions text: String, for type: FilesystemType)
        throws(DriverError) -> Bool
    {
        let words = text.byteWords.map(String.init)
        let options = try MkfsOptionParser(words: words, type: type).options()
        return options.compactMap { blockSize(in: $0, type) }.contains { size in
            size.map { $0 < largestSector } ?? true
        }
    }

    private static let largestSector = ByteCount.kibibytes(4)

    /// The size that an option sets; nil where it sets none, and a nil within where it is not known.
    private static func blockSize(in option: MkfsOption, _ type: FilesystemType) -> ByteCount?? {
        guard let value = option.value else { return nil }
        switch (type, option.flag) {
        case (.ext4, "-b"), (.btrfs, "--sectorsize"): return .some(size(of: value))
        case (.xfs, "-b"), (.xfs, "-s"):
            let items = value.byteSplit(separator: ",")
            let sizes = items.compactMap { $0.removingBytePrefix("size=") }
            guard let last = sizes.last else { return nil }
            return .some(size(of: String(last)))
        default: return nil
        }
    }

    /// Reads `4096`, `4k` and `4K`.
    private static func size(of text: String) -> ByteCount? {
        let kibi = text.removingByteSuffix("k") ?? text.removingByteSuffix("K")
        guard let number = Int64(kibi ?? text[...]), number > 0 else { return nil }
        return kibi == nil ? ByteCount(number) : .kibibytes(number)
    }
}
