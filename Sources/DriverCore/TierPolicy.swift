/// What the administrator allows in one tier; everything is off by default.
package struct TierPolicy: Sendable, Hashable {
    /// nil: the tier makes no inline volumes.
    package let inline: InlinePolicy?
    /// Whether a copy may have another volume mode (raw block or mounted) than its source.
    package let allowsVolumeModeChange: Bool

    package init(inline: InlinePolicy? = nil, allowsVolumeModeChange: Bool = false) {
        self.inline = inline
        self.allowsVolumeModeChange = allowsVolumeModeChange
    }
}

/// The limits of a tier's inline volumes, whose size and file system come from a pod.
package struct InlinePolicy: Sendable, Hashable {
    package let maximumSize: ByteCount
    /// How many may exist in the tier at a time.
    package let maximumVolumes: Int
    /// The file systems that a pod may choose.
    package let filesystems: [FilesystemType]

    package init(maximumSize: ByteCount, maximumVolumes: Int, filesystems: [FilesystemType]) {
        self.maximumSize = maximumSize
        self.maximumVolumes = maximumVolumes
        self.filesystems = filesystems
    }
}
