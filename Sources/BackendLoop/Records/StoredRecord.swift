import Backend
import DriverCore

/// A record that a pool keeps in a folder of its own, beside the data that it describes.
protocol StoredRecord: Codable, Sendable, Hashable {
    associatedtype ID: ObjectID
    var id: ID { get }
    var name: String { get }
    var size: ByteCount { get set }

    /// For messages: `volume`.
    static var noun: String { get }
    /// The folder of the pool that holds all objects of the kind.
    static var shelf: String { get }
    /// The record's file in the object's folder.
    static var file: String { get }
    /// Snapshots never do.
    static var canGrow: Bool { get }
    /// Snapshots are never written again.
    static var dataMode: UInt32 { get }
    /// Every name that Cairn makes in an object's folder.
    static var knownFiles: [String] { get }
}

extension StoredRecord {
    static func path(of id: ID) -> String { "\(shelf)/\(id)" }
    static func dataPath(of id: ID) -> String { "\(shelf)/\(id)/\(PoolNames.data)" }
}

extension VolumeRecord: StoredRecord {
    static var noun: String { "volume" }
    static var shelf: String { PoolNames.volumes }
    static var file: String { "volume.json" }
    static var canGrow: Bool { true }
    static var dataMode: UInt32 { 0o600 }
    static var knownFiles: [String] {
        [PoolNames.data, file, "\(file).new", PoolNames.frozen]
    }
}

extension SnapshotRecord: StoredRecord {
    static var noun: String { "snapshot" }
    static var shelf: String { PoolNames.snapshots }
    static var file: String { "snapshot.json" }
    static var canGrow: Bool { false }
    static var dataMode: UInt32 { 0o400 }
    static var knownFiles: [String] { [PoolNames.data, file, "\(file).new"] }
}

/// A record as it lies in its file.
struct Stored<Record: StoredRecord>: Codable, Sendable, Hashable {
    var formatVersion = RecordCoding.currentVersion
    var record: Record
    /// How much of the data was shared with its source when it was cut; it never grows, and on a
    /// thick tier it is what the pool must still be able to allocate.
    var sharedAtCreation: ByteCount
}

/// What is known of an object that exists.
enum Entry<Record: StoredRecord>: Sendable {
    case usable(Stored<Record>)
    /// Something is there that cannot be read; the text says what and where.
    case unusable(String)
}
