package import DriverCore

extension TierPolicy {
    /// Open for inline volumes of any kind, as far as tests go.
    package static let openForTests = TierPolicy(
        inline: InlinePolicy(
            maximumSize: .gibibytes(10 << 10),
            maximumVolumes: 1000,
            filesystems: FilesystemType.allCases
        )
    )
}
