import DiskFormat
import DriverCore
import Host

/// The record of a tier's pool in the state directory: `pool-<tier>.json`.
///
/// It is the proof that the tier has a pool while the pool's disk is away. It outlives a container,
/// because the folder is one of the host.
struct PoolState: Sendable, Hashable {
    let tier: String
    let uuid: String
    /// Where the pool was last opened; for people.
    let directory: String
    /// The directory as the kernel reports it, links resolved; nil until the pool is made, and in
    /// records of an older driver.
    ///
    /// By it the loop devices of the pool's volumes are found while its disk is away.
    let shownPath: String?
    /// The mount point of the file system on which the pool is being created; nil once it exists.
    ///
    /// Until then it proves no pool. It only says where the making may go on.
    var makingOn: String?
    /// Keys of a newer version, which are kept.
    private let unknown: UnknownKeys

    /// The record of a tier; keeps the unknown keys of the record before.
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

/// A file of the state directory: of the present pool of a tier, or of an earlier one.
struct PoolStateFile: Sendable {
    /// A record is a few hundred bytes; a larger file is not Cairn's.
    private static let limit = 64 << 10
    private static let prefix = "pool-"
    private static let suffix = ".json"

    let folder: String
    let tier: String
    /// The UUID in the file name of an earlier pool of the tier; nil for the present one.
    private let earlier: String?

    /// The file of the tier's present pool.
    init(folder: String, tier: String) {
        self.folder = folder
        self.tier = tier
        earlier = nil
    }

    /// The file of an earlier pool of the tier.
    init(folder: String, tier: String, earlier uuid: String) {
        self.folder = folder
        self.tier = tier
        earlier = uuid
    }

    /// nil where no such file has that name.
    init?(folder: String, name: String) {
        guard let rest = name.removingBytePrefix(Self.prefix)?.removingByteSuffix(Self.suffix),
            let tier = rest.byteSplit(separator: ".").first
        else { return nil }
        self.folder = folder
        self.tier = String(tier)
        // No tier has a dot in its name.
        earlier = rest.byteSuffix(after: ".").map { String($0) }
    }

    var isOfEarlierPool: Bool { earlier != nil }

    var name: String {
        Self.prefix + tier + (earlier.map { ".\($0)" } ?? "") + Self.suffix
    }

    var path: String { "\(folder)/\(name)" }

    /// The record; nil where there is none; throws where it cannot be read.
    func read() throws(DriverError) -> PoolState? {
        guard let folder = try Folder.existing(at: folder),
            let file = try folder.file(name, for: .reading)
        else { return nil }
        do {
            return try DiskFormat.decode(PoolState.self, from: file.contents(limit: Self.limit))
        } catch {
            throw DriverError(
                error.code == .hostFailure ? .unavailable : error.code,
                "cannot read \(path) (\(error.message)); restore it, or remove it if the pool at its "
                    + "place is the right one"
            )
        }
    }

    /// Writes the record; creates the directory where there is none.
    ///
    /// A pool that the tier had before may still hold volumes, so its state is kept beside.
    func write(_ state: PoolState) throws(DriverError) {
        let folder = try Folder.made(at: folder)
        if let before = try read(), before.uuid != state.uuid, before.makingOn == nil {
            let other = Self(folder: self.folder, tier: tier, earlier: before.uuid)
            try folder.replaceFile(other.name, with: DiskFormat.encode(before))
        }
        try folder.replaceFile(name, with: DiskFormat.encode(state))
        try folder.removeFile(Self(folder: self.folder, tier: tier, earlier: state.uuid).name)
    }

    func remove() throws(DriverError) {
        try Folder.existing(at: folder)?.removeFile(name)
    }
}
