import DiskFormat
import DriverCore
import Host

/// What the state folder keeps of a tier's pool, in `pool-<tier>.json`.
///
/// It is the proof that the tier has a pool while the pool's disk is away. It outlives a container,
/// because the folder is one of the host.
struct PoolState: Sendable, Hashable {
    let tier: String
    let uuid: String
    /// Where the pool was when it was last opened; for people.
    let directory: String
    /// The same place as the kernel shows it, links resolved; nil until the pool is made, and
    /// where an older driver wrote this.
    ///
    /// By it the loop devices of the pool's volumes are found while its disk is away.
    let shownPath: String?
    /// Where the file system is mounted on which the pool is being made; nil once it is made.
    ///
    /// Until then it proves no pool. It only says where the making may go on.
    var makingOn: String?
    /// What a newer version has written, and only that one understands.
    private let unknown: UnknownKeys

    /// The state of a tier; what a newer version has written into the one before is kept.
    init(
        tier: String,
        uuid: String,
        directory: String,
        shownPath: String? = nil,
        makingOn: String? = nil,
        after before: PoolState? = nil
    ) {
        self.tier = tier
        self.uuid = uuid
        self.directory = directory
        self.shownPath = shownPath
        self.makingOn = makingOn
        unknown = before?.unknown ?? UnknownKeys()
    }
}

extension PoolState: DiskFile {
    static let version = 1

    private enum Key: String, CodingKey {
        case formatVersion, tier, uuid, directory, shownPath, makingOn
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        try Self.check(version: keys.decode(Int.self, forKey: .formatVersion))
        tier = try keys.decode(String.self, forKey: .tier)
        uuid = try keys.decode(String.self, forKey: .uuid)
        directory = try keys.decode(String.self, forKey: .directory)
        shownPath = try keys.decodeIfPresent(String.self, forKey: .shownPath)
        makingOn = try keys.decodeIfPresent(String.self, forKey: .makingOn)
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(Self.version, forKey: .formatVersion)
        try keys.encode(tier, forKey: .tier)
        try keys.encode(uuid, forKey: .uuid)
        try keys.encode(directory, forKey: .directory)
        try keys.encodeIfPresent(shownPath, forKey: .shownPath)
        try keys.encodeIfPresent(makingOn, forKey: .makingOn)
        try unknown.encode(to: encoder)
    }
}

/// The file of one tier in the state folder.
struct PoolStateFile: Sendable {
    /// A state is a few hundred bytes; what is larger is not ours.
    private static let limit = 64 << 10

    let folder: String
    let tier: String

    private static let affixes = (before: "pool-", after: ".json")

    private var name: String { "\(Self.affixes.before)\(tier)\(Self.affixes.after)" }
    var path: String { "\(folder)/\(name)" }

    /// What is kept, or nil where nothing is; throws where that cannot be told.
    func read() throws(DriverError) -> PoolState? {
        guard let folder = try Folder.existing(at: folder),
            let file = try folder.file(name, for: .reading)
        else { return nil }
        do {
            return try DiskFormat.decode(PoolState.self, from: file.contents(limit: Self.limit))
        } catch {
            throw DriverError(
                error.code == .hostFailure ? .unavailable : error.code,
                "\(path) cannot be read (\(error.message)); restore it, or remove it where the pool "
                    + "at its place is the right one"
            )
        }
    }

    /// Makes the folder where there is none.
    func write(_ state: PoolState) throws(DriverError) {
        try Folder.made(at: folder).replaceFile(name, with: DiskFormat.encode(state))
    }
}

extension PoolStateFile {
    /// The file of this name; nil where it is something else.
    init?(folder: String, name: String) {
        guard let rest = name.removingBytePrefix(Self.affixes.before),
            let tier = String(rest).removingByteSuffix(Self.affixes.after)
        else { return nil }
        self.init(folder: folder, tier: String(tier))
    }
}
