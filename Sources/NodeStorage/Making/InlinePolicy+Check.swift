internal import DriverCore

extension InlinePolicy {
    /// Throws where the tier does not allow a new inline volume of this size or file system.
    ///
    /// `filesystem` is nil for raw block access, which no inline volume has.
    func check(_ size: ByteCount, _ filesystem: FilesystemType?, in tier: Tier)
        throws(DriverError)
    {
        guard filesystem.map(filesystems.contains) ?? false else {
            throw DriverError(
                .invalidRequest,
                "tier '\(tier.name)' allows inline volumes only with "
                    + filesystems.map(\.rawValue).joined(separator: ", ")
                    + " (inline.filesystems of the tiers file), not with "
                    + (filesystem?.rawValue ?? "no file system")
            )
        }
        guard size <= maximumSize else {
            throw DriverError(
                .unsupportedSize,
                "an inline volume of tier '\(tier.name)' can have at most \(maximumSize) "
                    + "(inline.maxSize of the tiers file), not \(size)"
            )
        }
    }
}
