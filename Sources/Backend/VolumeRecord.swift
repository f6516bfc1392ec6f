package import DriverCore

/// Everything that Cairn knows of a volume, stored with its data.
package struct VolumeRecord: Sendable, Hashable {
    package var id: VolumeID
    /// The full CSI name, compared on every retry: a hash collision is a conflict, never a mix-up.
    package var name: String
    package var tier: String
    /// The size that the volume has now.
    package var size: ByteCount
    /// The size that it was created with: what a repeated create is compared with after a growth.
    package var createdSize: ByteCount
    package var capabilities: [RecordedCapability]
    /// The file system for mounts; nil where the volume is only raw block.
    package var filesystem: FilesystemType?
    /// The logical block size of its device.
    ///
    /// nil where the tier's storage decides it, and where the volume is older than the choice: on a
    /// loop device that is 512.
    package var blockSize: BlockSize?
    /// The StorageClass parameters that matter, without the standard `csi.storage.k8s.io/` keys.
    package var parameters: [String: String]
    package var source: VolumeSource?
    package var created: Timestamp
    package var state: State
    package var contents: Contents
    /// Made by a publish and removed by its unpublish; the CSI name is kubelet's volume handle.
    package var isEphemeral: Bool
    package var claim: ClaimNames

    /// `ready` is written last.
    ///
    /// Anything else is finished or removed by the retry or the next start.
    package enum State: String, Sendable, Hashable { case creating, ready, deleting }

    /// What the volume contains, as far as Cairn put it there.
    ///
    /// Only ever moves downwards in this list.
    package enum Contents: String, Sendable, Hashable {
        /// Never formatted, never published: the only state in which mkfs may begin.
        case blank
        /// mkfs was begun and is not known to have ended; never mounted since, so it may run again.
        case formatting
        /// A copy of a volume that held a file system, not mounted yet: the first stage gives it an
        /// identity of its own where the file system needs one. Never formatted.
        case copied
        /// Has a file system. Never formatted again.
        case formatted
        /// Was published as a raw block device: its bytes are the user's. Never formatted.
        case raw

        /// The contents of a copy of this volume.
        package var ofCopy: Contents { self == .formatted ? .copied : self }
    }

    package init(
        id: VolumeID,
        name: String,
        tier: String,
        size: ByteCount,
        createdSize: ByteCount? = nil,
        capabilities: [RecordedCapability],
        filesystem: FilesystemType?,
        blockSize: BlockSize? = nil,
        parameters: [String: String] = [:],
        source: VolumeSource? = nil,
        created: Timestamp,
        state: State = .creating,
        contents: Contents = .blank,
        isEphemeral: Bool = false,
        claim: ClaimNames = ClaimNames()
    ) {
        self.id = id
        self.name = name
        self.tier = tier
        self.size = size
        self.createdSize = createdSize ?? size
        self.capabilities = capabilities
        self.filesystem = filesystem
        self.blockSize = blockSize
        self.parameters = parameters
        self.source = source
        self.created = created
        self.state = state
        self.contents = contents
        self.isEphemeral = isEphemeral
        self.claim = claim
    }
}

/// One capability as it was asked for at creation.
package struct RecordedCapability: Sendable, Hashable {
    /// The CSI name of the access mode, such as `SINGLE_NODE_WRITER`.
    package var mode: String
    /// Raw block where true; a mounted file system otherwise.
    package var isBlock: Bool
    /// As asked; empty means the tier's default.
    package var filesystem: String
    package var mountFlags: [String]

    package init(mode: String, isBlock: Bool, filesystem: String, mountFlags: [String]) {
        self.mode = mode
        self.isBlock = isBlock
        self.filesystem = filesystem
        self.mountFlags = mountFlags
    }
}

/// Where a volume's first bytes came from.
package enum VolumeSource: Sendable, Hashable {
    case snapshot(SnapshotID)
    case volume(VolumeID)
}

/// The Kubernetes names that the sidecars pass with `--extra-create-metadata`; for people only.
package struct ClaimNames: Sendable, Hashable {
    package var claim: String?
    package var namespace: String?
    package var volume: String?

    package init(claim: String? = nil, namespace: String? = nil, volume: String? = nil) {
        self.claim = claim
        self.namespace = namespace
        self.volume = volume
    }
}

extension VolumeRecord {
    /// Changes the contents; throws `conflict` for a way back, never to where mkfs may begin.
    package mutating func advance(to contents: Contents) throws(DriverError) {
        guard contents.mayFollow(self.contents) else {
            throw DriverError(
                .conflict,
                "volume \(id) is recorded as '\(self.contents.rawValue)', which cannot become "
                    + "'\(contents.rawValue)' again"
            )
        }
        self.contents = contents
    }
}

extension VolumeRecord.Contents {
    /// In the order in which a volume may pass through them.
    private static let order: [VolumeRecord.Contents] = [
        .blank, .formatting, .copied, .formatted, .raw,
    ]

    /// Whether a record may go from `earlier` to this: never back to where mkfs may begin.
    fileprivate func mayFollow(_ earlier: VolumeRecord.Contents) -> Bool {
        guard let from = Self.order.firstIndex(of: earlier),
            let to = Self.order.firstIndex(of: self)
        else { return false }
        return from <= to
    }
}
