package import DriverCore

/// Everything that Cairn knows of a snapshot, stored with its data.
package struct SnapshotRecord: Sendable, Hashable {
    package var id: SnapshotID
    /// The full CSI name, compared on every retry.
    package var name: String
    package var tier: String
    package var source: VolumeID
    /// The size of the source when the snapshot was cut: what a restore needs at least.
    package var size: ByteCount
    /// The contents of a volume restored from this snapshot.
    package var contents: VolumeRecord.Contents
    package var filesystem: FilesystemType?
    /// The block size of the source, which a restored volume keeps.
    package var blockSize: BlockSize?
    package var parameters: [String: String]
    package var created: Timestamp
    /// Whether its contents are intact now; not stored.
    ///
    /// A copy-on-write snapshot loses them where its volume changes more than its store can keep.
    package var isIntact: Bool

    package init(
        id: SnapshotID,
        name: String,
        tier: String,
        source: VolumeID,
        size: ByteCount,
        contents: VolumeRecord.Contents,
        filesystem: FilesystemType?,
        blockSize: BlockSize? = nil,
        parameters: [String: String] = [:],
        created: Timestamp,
        isIntact: Bool = true
    ) {
        self.id = id
        self.name = name
        self.tier = tier
        self.source = source
        self.size = size
        self.contents = contents
        self.filesystem = filesystem
        self.blockSize = blockSize
        self.parameters = parameters
        self.created = created
        self.isIntact = isIntact
    }
}
