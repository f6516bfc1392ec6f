internal import Backend
internal import DriverCore

/// The properties of a source that decide what a copy of it may be.
struct VolumeOrigin: Sendable {
    let tier: String
    let size: ByteCount
    let filesystem: FilesystemType?
    let blockSize: BlockSize?
    private let contents: VolumeRecord.Contents
    /// Whether the source was made for raw block access, and for mounted access.
    private let isBlock: Bool
    private let isMounted: Bool

    init(_ volume: VolumeRecord) {
        tier = volume.tier
        size = volume.size
        contents = volume.contents
        filesystem = volume.filesystem
        blockSize = volume.blockSize
        isBlock = volume.capabilities.contains(where: \.isBlock)
        isMounted = volume.capabilities.contains { !$0.isBlock }
    }

    /// A snapshot keeps no capabilities; one without a file system is of a raw block volume.
    init(_ snapshot: SnapshotRecord) {
        tier = snapshot.tier
        size = snapshot.size
        contents = snapshot.contents
        filesystem = snapshot.filesystem
        blockSize = snapshot.blockSize
        isBlock = snapshot.filesystem == nil || snapshot.contents == .raw
        isMounted = snapshot.filesystem != nil
    }

    /// Whether the first stage of a copy makes its file system, since the source has none yet.
    var willBeFormatted: Bool { contents == .blank || contents == .formatting }

    /// The contents of a copy with that file system; nil where the copy is only for raw block
    /// access.
    ///
    /// The user of a raw copy may write anything to it, so it is never more than bytes again.
    func contents(ofCopyWith filesystem: FilesystemType?) -> VolumeRecord.Contents {
        filesystem == nil && contents != .blank ? .raw : contents.ofCopy
    }

    /// Throws `invalidRequest` where the copy would have another volume mode than its source.
    ///
    /// The bytes of a raw block volume are whatever its user wrote: a file system made by hand to
    /// attack the kernel that mounts it, or to show files that nobody should get.
    func checkMode(of wanted: RequestedVolume) throws(DriverError) {
        let isRaw = contents == .raw || !isMounted
        let change =
            if wanted.isMountable && isRaw {
                "a raw block volume cannot be mounted"
            } else if wanted.accesses.contains(where: \.isBlock) && !isBlock {
                "a mounted volume cannot be a raw block volume"
            } else {
                ""
            }
        guard !change.isEmpty else { return }
        throw DriverError(
            .invalidRequest,
            "a copy of \(change) without allowVolumeModeChange: set the StorageClass parameter to "
                + "\"true\", or the key of tier '\(tier)' in the tiers file"
        )
    }

    func refusal(copyingInto other: String?) -> DriverError {
        let target =
            other.map { "tier '\($0.shortened(toBytes: 64))'" }
            ?? "the default tier (there is none)"
        return DriverError(
            .invalidRequest,
            "the source is in tier '\(tier)', so its copy cannot be in \(target); use a "
                + "StorageClass of the source's tier"
        )
    }
}
