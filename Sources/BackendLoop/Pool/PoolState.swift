import DriverCore
import Host

/// What the state folder keeps of a tier's pool, in `pool-<tier>.json`.
///
/// It is the proof that the tier has a pool while the pool's disk is away. It outlives a container,
/// because the folder is one of the host.
struct PoolState: Sendable, Hashable, Codable {
    let formatVersion: Int
    let tier: String
    let uuid: String
    /// Where the pool was when it was last opened; for people.
    let directory: String

    init(tier: String, uuid: String, directory: String) {
        formatVersion = RecordCoding.currentVersion
        self.tier = tier
        self.uuid = uuid
        self.directory = directory
    }
}

/// The file of one tier in the state folder.
struct PoolStateFile: Sendable {
    /// A state is a few hundred bytes; what is larger is not ours.
    private static let limit = 64 << 10

    let folder: String
    let tier: String

    private var name: String { "pool-\(tier).json" }
    var path: String { "\(folder)/\(name)" }

    /// What is kept, or nil where nothing is; throws where that cannot be told.
    func read() throws(DriverError) -> PoolState? {
        guard let folder = try Folder.existing(at: folder),
            let file = try folder.file(name, for: .reading)
        else { return nil }
        do {
            return try RecordCoding.decode(PoolState.self, from: file.contents(limit: Self.limit))
        } catch {
            throw DriverError(
                error.code == .hostFailure ? .unavailable : error.code,
                "\(path) cannot be read (\(error.message)); restore it, or remove it where the pool "
                    + "at its place is the right one"
            )
        }
    }

    /// Makes the folder where there is none; throws where nothing can be kept in it.
    func prepare() throws(DriverError) {
        let folder = try Folder.made(at: folder)
        let draft = Folder.draftName(of: name)
        _ = try folder.fileOrNew(draft)
        try folder.removeFile(draft)
    }

    func write(_ state: PoolState) throws(DriverError) {
        try Folder.made(at: folder).replaceFile(name, with: RecordCoding.encode(state))
    }
}
