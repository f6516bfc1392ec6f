internal import Backend
package import DriverCore
internal import Host

extension VolumeMaker {
    /// The block size of a new volume's device; nil where the disks decide it.
    ///
    /// A copy keeps its source's, whatever file system or partitions it holds. Otherwise mounted volumes
    /// get 4096, with which direct I/O lasts; raw ones get 512, which every program and disk image
    /// knows.
    func blockSize(
        of wanted: RequestedVolume,
        copying source: (size: BlockSize?, isCopy: Bool),
        for filesystem: FilesystemType?,
        in tier: Tier
    ) throws(DriverError) -> BlockSize? {
        let asked = wanted.parameters.blockSize
        try wanted.parameters.checkBlockSize(in: tier)
        guard tier.choosesBlockSize else { return nil }
        if source.isCopy {
            let held = source.size ?? .bytes512
            guard asked == nil || asked == held else {
                throw DriverError(
                    .invalidRequest,
                    "the source has blocks of \(held.rawValue) bytes, and a copy keeps them; use a "
                        + "StorageClass without '\(VolumeParameters.blockSizeKey)', or with that value"
                )
            }
            return source.size
        }
        let isSmall = try Self.needsSmallBlocks(wanted, filesystem)
        guard asked == .bytes4096, isSmall else {
            let usesRawBlocks = wanted.accesses.contains(where: \.isBlock)
            return asked ?? (isSmall || usesRawBlocks ? .bytes512 : .bytes4096)
        }
        throw DriverError(
            .invalidRequest,
            "mkfsOptions ask for blocks below 4096 bytes, but '\(VolumeParameters.blockSizeKey)' for 4096"
        )
    }

    private static func needsSmallBlocks(_ wanted: RequestedVolume, _ filesystem: FilesystemType?)
        throws(DriverError) -> Bool
    {
        guard let filesystem, let options = wanted.parameters.mkfsOptions else { return false }
        return try Filesystems.hasSmallBlocks(mkfsOptions: options, for: filesystem)
    }
}

extension VolumeParameters {
    /// Throws `invalidRequest` where the class sets a block size and the tier does not support
    /// that.
    package func checkBlockSize(in tier: Tier) throws(DriverError) {
        guard blockSize != nil, !tier.choosesBlockSize else { return }
        throw DriverError(
            .invalidRequest,
            "tier '\(tier.name)' does not take the parameter '\(Self.blockSizeKey)': its volumes have "
                + "the block size of its disks"
        )
    }
}
