import Backend
import DriverCore

/// A snapshot's record as tags, and back.
extension SnapshotRecord {
    /// `held` is what a thin snapshot keeps from being freed, as far as that is known when it is cut.
    func tags(held: ByteCount) -> Tags {
        var tags = Tags()
        tags.setCommon(name: name, tier: tier, created: created)
        tags.set(Fact.state, VolumeRecord.State.ready.rawValue)
        tags.set(Fact.source, source.text)
        tags.set(Fact.size, String(size.bytes))
        tags.set(Fact.held, String(held.bytes))
        tags.set(Fact.contents, contents.rawValue)
        tags.set(Fact.filesystem, filesystem?.rawValue)
        tags.setParameters(parameters)
        return tags
    }

    /// Reads the record of a logical volume; throws `hostFailure` where a tag is damaged.
    init(id: SnapshotID, tags: Tags, isIntact: Bool = true) throws(DriverError) {
        try tags.checkFormat()
        self.init(
            id: id,
            name: try tags.required(Fact.name),
            tier: try tags.required(Fact.tier),
            source: try tags.required(Fact.source) { VolumeID(parsing: $0) },
            size: try tags.byteCount(Fact.size),
            contents: try tags.required(Fact.contents) { VolumeRecord.Contents(rawValue: $0) },
            filesystem: try tags.optional(Fact.filesystem) { FilesystemType(rawValue: $0) },
            parameters: try tags.parameters(),
            created: try tags.required(Fact.created) { Timestamp(tagText: $0) },
            isIntact: isIntact
        )
    }
}
