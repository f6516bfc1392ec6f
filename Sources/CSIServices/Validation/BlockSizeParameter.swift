internal import Backend
internal import DriverCore
internal import Host

/// The parameter by which a StorageClass chooses the logical block size of its volumes' devices.
enum BlockSizeParameter {
    static let key = "blockSize"

    /// nil where the class leaves it to the driver.
    static func size(in parameters: [String: String]) throws(DriverError) -> BlockSize? {
        guard let text = parameters[key] else { return nil }
        guard let size = BlockSize.allCases.first(where: { String($0.rawValue) == text }) else {
            throw DriverError(
                .invalidRequest,
                "parameter '\(key)' is '\(text.prefix(32))'; accepted: "
                    + BlockSize.allCases.map { String($0.rawValue) }.joined(separator: ", ")
            )
        }
        return size
    }

    /// Throws `invalidRequest` where the class chooses and the tier cannot.
    static func check(_ asked: BlockSize?, in backend: any VolumeBackend) throws(DriverError) {
        guard asked != nil, !backend.choosesBlockSize else { return }
        throw DriverError(
            .invalidRequest,
            "tier '\(backend.tier)' takes no parameter '\(key)': its volumes have the block size of "
                + "its disks"
        )
    }
}

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
        in backend: any VolumeBackend
    ) throws(DriverError) -> BlockSize? {
        let asked = wanted.parameters.blockSize
        try BlockSizeParameter.check(asked, in: backend)
        guard backend.choosesBlockSize else { return nil }
        if source.isCopy {
            let held = source.size ?? .bytes512
            guard asked == nil || asked == held else {
                throw DriverError(
                    .invalidRequest,
                    "the source has blocks of \(held.rawValue) bytes, and a copy keeps them; use a "
                        + "StorageClass without '\(BlockSizeParameter.key)', or with that one"
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
            "mkfsOptions ask for blocks below 4096 bytes, and '\(BlockSizeParameter.key)' for 4096"
        )
    }

    private static func needsSmallBlocks(_ wanted: RequestedVolume, _ filesystem: FilesystemType?)
        throws(DriverError) -> Bool
    {
        guard let filesystem, let options = wanted.parameters.mkfsOptions else { return false }
        return try Filesystems.hasSmallBlocks(mkfsOptions: options, for: filesystem)
    }
}
