import Backend
import DriverCore
import Host

/// The space that the objects of a tier's pool take, read without a driver.
struct PoolRoom: Sendable {
    let mount: FolderMount
    let isReadOnly: Bool
    /// The sizes of all volumes, and the data of the snapshots.
    private(set) var promised = ByteCount.zero
    /// The blocks of all files.
    private(set) var allocated = ByteCount.zero

    /// nil where the directory is not the tier's pool now, such as while its disk is not mounted.
    init?(of directory: String, tier: String, rules: PoolRules) {
        do throws(DriverError) {
            guard let path = PoolPath(directory),
                let root = try Folder.existing(at: path.directory),
                let file = try root.file(PoolNames.marker, for: .reading)
            else { return nil }
            let bytes = try file.contents(limit: PoolMarker.limit)
            let marker = try PoolMarker(decoding: bytes, path: file.path)
            mount = try FolderMount(of: root)
            isReadOnly = try root.usage().isReadOnly
            let noted = try path.readNote()
            let proofs = PoolProofs(tier: tier, path: path, rules: rules, noted: noted)
            guard marker.tier == tier, proofs.objection(to: marker.uuid) == nil,
                mount.isRoot || !rules.requiresMountPoint
            else { return nil }
            try add(VolumeRecord.self, in: root) { $0.size }
            try add(SnapshotRecord.self, in: root) { $0.allocated }
        } catch {
            return nil
        }
    }

    private mutating func add<Record: StoredRecord>(
        _ kind: Record.Type,
        in root: borrowing Folder,
        _ promise: (FileFacts) -> ByteCount
    ) throws(DriverError) {
        let shelf = try Shelf<Record>(in: root)
        for id in try shelf.folder.names().compactMap(Record.ID.init(parsing:)) {
            guard let facts = try shelf.dataFacts(id) else { continue }
            promised = promised + promise(facts)
            allocated = allocated + facts.allocated
        }
    }
}
