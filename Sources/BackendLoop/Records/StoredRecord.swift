import Backend
import DriverCore

/// A record that a pool keeps in the object's directory, next to the data.
protocol StoredRecord: Sendable, Hashable {
    associatedtype ID: ObjectID
    associatedtype OnDisk: RecordOnDisk where OnDisk.Record == Self
    var id: ID { get }
    var name: String { get }
    var size: ByteCount { get set }
    /// The lowest version of the format whose drivers can use this record without damage.
    var formatVersion: Int { get }

    /// For messages: `volume`.
    static var noun: String { get }
    /// The directory of the pool with all objects of the kind.
    static var shelf: String { get }
    /// The record's file in the object's directory.
    static var file: String { get }
    /// Snapshots never do.
    static var canGrow: Bool { get }
    /// Snapshots are never written again.
    static var dataMode: UInt32 { get }
    /// Every file name that Cairn makes in an object's directory.
    static var knownFiles: [String] { get }
}

extension StoredRecord {
    static func path(of id: ID) -> String { "\(shelf)/\(id)" }
    static func dataPath(of id: ID) -> String { "\(shelf)/\(id)/\(PoolNames.data)" }
}

extension VolumeRecord: StoredRecord {
    typealias OnDisk = VolumeOnDisk

    static var noun: String { "volume" }
    static var shelf: String { PoolNames.volumes }
    static var file: String { "volume.json" }
    static var canGrow: Bool { true }
    static var dataMode: UInt32 { 0o600 }
    var formatVersion: Int {
        // A driver of version 1 shows blocks of 512 bytes. File systems take that; a partition table
        // on raw blocks would be read wrongly, and written.
        let isRaw = contents == .raw || capabilities.contains(where: \.isBlock)
        return isRaw && blockSize == .bytes4096 ? 2 : 1
    }
    static var knownFiles: [String] {
        [PoolNames.data, file, "\(file).new", PoolNames.frozen]
    }
}

extension SnapshotRecord: StoredRecord {
    typealias OnDisk = SnapshotOnDisk

    static var noun: String { "snapshot" }
    static var shelf: String { PoolNames.snapshots }
    static var file: String { "snapshot.json" }
    static var canGrow: Bool { false }
    static var dataMode: UInt32 { 0o400 }
    var formatVersion: Int { contents == .raw && blockSize == .bytes4096 ? 2 : 1 }
    static var knownFiles: [String] { [PoolNames.data, file, "\(file).new"] }
}

/// An object that exists: its record, or why that cannot be used.
enum Entry<Record: StoredRecord>: Sendable {
    case usable(Stored<Record>)
    /// The object exists but cannot be read; the text says what is wrong, and where.
    case unusable(String)
}
