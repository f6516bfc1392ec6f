import DiskFormat
import DriverCore
import Host

/// The record in the state directory that a volume group served a tier: `group-<tier>.<uuid>.json`.
///
/// It is the proof that volumes of the tier may lie there after the tier was taken out of the tiers
/// file, or given another group.
struct GroupState: Sendable, Hashable {
    let tier: String
    /// As LVM prints it.
    let uuid: String
    /// The name that the group had when the tier last used it.
    let group: String
    /// Keys of a newer version, which are kept.
    private let unknown: UnknownKeys

    init(tier: String, uuid: String, group: String, after before: GroupState? = nil) {
        self.tier = tier
        self.uuid = uuid
        self.group = group
        unknown = before?.unknown ?? UnknownKeys()
    }
}

extension GroupState: DiskFile {
    static let version = 1

    private enum Key: String, CodingKey { case formatVersion, tier, uuid, group }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        try Self.check(version: keys.decode(Int.self, forKey: .formatVersion))
        tier = try keys.decode(String.self, forKey: .tier)
        uuid = try keys.decode(String.self, forKey: .uuid)
        group = try keys.decode(String.self, forKey: .group)
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(Self.version, forKey: .formatVersion)
        try keys.encode(tier, forKey: .tier)
        try keys.encode(uuid, forKey: .uuid)
        try keys.encode(group, forKey: .group)
        try unknown.encode(to: encoder)
    }
}

/// The file of one tier and one group in the state folder.
struct GroupStateFile: Sendable {
    /// A state is a few hundred bytes; what is larger is not ours.
    private static let limit = 64 << 10
    private static let prefix = "group-"
    private static let suffix = ".json"

    let folder: String
    let name: String

    init(folder: String, tier: String, uuid: String) {
        self.folder = folder
        name = "\(Self.prefix)\(tier).\(uuid)\(Self.suffix)"
    }

    /// nil where no such file has that name.
    init?(folder: String, name: String) {
        guard name.hasBytePrefix(Self.prefix), name.hasByteSuffix(Self.suffix) else { return nil }
        self.folder = folder
        self.name = name
    }

    var path: String { "\(folder)/\(name)" }

    /// The tier in the name of the file, for a file that cannot be read.
    var tier: String {
        String(name.removingBytePrefix(Self.prefix)?.byteSplit(separator: ".").first ?? "unknown")
    }

    /// The record; nil where there is none; throws where the file cannot be read.
    func read() throws(DriverError) -> GroupState? {
        guard let folder = try Folder.existing(at: folder),
            let file = try folder.file(name, for: .reading)
        else { return nil }
        do {
            return try DiskFormat.decode(GroupState.self, from: file.contents(limit: Self.limit))
        } catch {
            throw DriverError(
                error.code == .hostFailure ? .unavailable : error.code,
                "\(path) cannot be read (\(error.message)); restore it and restart the driver, or "
                    + "remove it if that volume group is gone for good"
            )
        }
    }

    /// Writes the record unless it is there already; creates the directory where there is none.
    func keep(_ state: GroupState) throws(DriverError) {
        let before = try read()
        guard before?.group != state.group || before?.tier != state.tier else { return }
        let kept = GroupState(
            tier: state.tier,
            uuid: state.uuid,
            group: state.group,
            after: before
        )
        try Folder.made(at: folder).replaceFile(name, with: DiskFormat.encode(kept))
    }

    func remove() throws(DriverError) {
        try Folder.existing(at: folder)?.removeFile(name)
    }
}
