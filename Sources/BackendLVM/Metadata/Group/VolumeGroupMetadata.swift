import DriverCore

/// The metadata of a volume group, parsed from LVM's text.
struct VolumeGroupMetadata: Sendable, Hashable {
    let name: String
    /// As in the text, with dashes.
    let id: String
    /// Grows by one with each change of the group.
    let sequenceNumber: Int
    let extentSize: ByteCount
    /// `READ`, `WRITE`, `RESIZEABLE`, `EXPORTED`, `PVMOVE`.
    let status: Set<String>
    let flags: Set<String>
    let tags: [String]
    /// `sanlock`, `dlm`; nil where the group is not shared through lvmlockd.
    let lockType: String?
    /// The system ID of the host that owns the group; nil where there is none.
    let systemID: String?
    /// How much of the metadata area the text takes.
    let textSize: ByteCount
    var physicalVolumes: [PhysicalVolume]
    /// By name; the hidden ones too.
    let logicalVolumes: [String: LogicalVolume]
    /// Copy-on-write snapshots by the name of the volume that users call the snapshot.
    let snapshots: [String: CopyOnWriteSnapshot]
    /// How full the metadata areas are, from the ``MetadataCache``.
    var metadataSpace: MetadataSpace?
    /// Conflicts between disks that an administrator must decide, from the ``MetadataCache``.
    var conflicts: [DiskConflict] = []
}

extension VolumeGroupMetadata {
    /// Parses a text; throws `hostFailure` with the place of the error.
    init(parsing bytes: [UInt8]) throws(DriverError) {
        // A text on disk ends with a zero byte.
        var text = bytes
        while text.last == 0 { text.removeLast() }
        let root = try ConfigText(parsing: text).root
        guard try root.string("contents") == "Text Format Volume Group" else {
            throw root.wrong("contents", "not the text of a volume group")
        }
        _ = try root.integer("version", in: 1...1)
        let groups = root.sections()
        guard groups.count == 1, let group = groups.first else {
            throw DriverError(.hostFailure, "the text has \(groups.count) volume groups")
        }
        try self.init(group, textSize: ByteCount(Int64(bytes.count)))
    }

    private init(_ section: ConfigSection, textSize: ByteCount) throws(DriverError) {
        name = section.name
        id = try section.string("id")
        sequenceNumber = try section.integer("seqno", in: 0...Limits.mostExtents)
        let sectors = try section.integer("extent_size", in: 1...Limits.mostExtentSectors)
        extentSize = ByteCount(Int64(sectors) * 512)
        status = Set(try section.strings("status"))
        flags = Set(try section.strings("flags"))
        tags = try section.strings("tags")
        lockType = try section.optionalString("lock_type")
        systemID = try section.optionalString("system_id")
        self.textSize = textSize
        physicalVolumes = try Self.physicalVolumes(of: section)
        let volumes = try Self.logicalVolumes(of: section)
        logicalVolumes = volumes
        snapshots = Dictionary(
            volumes.values.compactMap { $0.snapshotTie }.map { ($0.store, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func physicalVolumes(of group: ConfigSection) throws(DriverError)
        -> [PhysicalVolume]
    {
        var volumes: [PhysicalVolume] = []
        for section in try group.section("physical_volumes")?.sections() ?? [] {
            volumes.append(
                try inside(section.name) { () throws(DriverError) in try PhysicalVolume(section) }
            )
        }
        guard Set(volumes.map(\.name)).count == volumes.count else {
            throw group.wrong("physical_volumes", "a list with duplicates")
        }
        return volumes
    }

    private static func logicalVolumes(of group: ConfigSection) throws(DriverError)
        -> [String: LogicalVolume]
    {
        let sections = try group.section("logical_volumes")?.sections() ?? []
        var volumes = [String: LogicalVolume](minimumCapacity: sections.count)
        for section in sections {
            let volume = try LogicalVolume(section)
            guard volumes.updateValue(volume, forKey: volume.name) == nil else {
                throw group.wrong(volume.name, "defined twice")
            }
        }
        return volumes
    }
}
