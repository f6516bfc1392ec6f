import DriverCore
import Host

/// The names of everything that Cairn makes in a pool; nothing else there is ever removed.
///
/// A name is a promise to every later version: changing one strands the volumes of old pools.
enum PoolNames {
    static let marker = "cairn-pool.json"
    static let volumes = "volumes"
    static let snapshots = "snapshots"
    static let data = "data"
    /// Exists in a volume's folder while the volume is frozen by us.
    static let frozen = "frozen"

    /// What a new pool may have: `lost+found` from mkfs.ext4, and what an interrupted start of the
    /// driver made.
    static let allowedInNewPool: Set<String> = ["lost+found", volumes, snapshots, "\(marker).new"]

    static func creating(_ id: String) -> String { ".creating-\(id)" }
    static func deleting(_ id: String) -> String { ".deleting-\(id)" }

    /// The id in the name of a half-made or half-removed object; nil for other names.
    static func leftover(_ name: String) -> String? {
        (name.removingBytePrefix(creating("")) ?? name.removingBytePrefix(deleting("")))
            .map(String.init)
    }
}

/// The path of a pool, parsed once.
struct PoolPath: Sendable {
    let directory: String
    let parent: String
    let name: String

    /// nil unless the path is absolute and not the root.
    init?(_ path: String) {
        let parts = path.byteSplit(separator: "/")
        guard path.hasBytePrefix("/"), let last = parts.last, !parts.contains("..") else {
            return nil
        }
        name = String(last)
        parent = parts.count == 1 ? "/" : parts.dropLast().map { "/\($0)" }.joined()
        directory = parts.map { "/\($0)" }.joined()
    }

    /// The note's name in the parent directory, where it is visible while the pool's disk is not
    /// mounted.
    var note: String { ".\(name).cairn-pool" }
    var notePath: String { parent == "/" ? "/\(note)" : "\(parent)/\(note)" }

    /// The UUID in the note; nil where there is none.
    func readNote() throws(DriverError) -> String? {
        guard let parent = try Folder.existing(at: parent),
            let note = try parent.file(note, for: .reading)
        else { return nil }
        let text = String(decoding: try note.contents(limit: 4096), as: UTF8.self)
        return text.byteSplit(separator: "\n").first.map(String.init)
    }
}
