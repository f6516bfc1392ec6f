import Backend
import DriverCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import BackendLoop

/// The pool of a thin tier called `scratch` as the first release of the format (commit 31d1ca4) left it:
/// a formatted and grown volume, a snapshot of it, a restore, a clone, a raw one and one never used.
enum FirstRelease {
    static let tier = "scratch"
    private static let node = "dd56de4137951d9c"

    /// Each of these has a record in `Samples/first-release`.
    static let plain = id("a116c9ed46d6207734a43317d30fd88f")
    static let parameters = id("f528212a496dc7a0e9a57c129b561aa4")
    static let block = id("496aca80e4d8f29fb8e8cd816c3afb48")
    static let restored = id("eb00bf0aba491c620ddf47bf68068be4")
    static let copy = id("6f5a6034e770acbfb3f797e6a7eb7948")
    static let volumes = [plain, parameters, block, restored, copy]
    static let cut = SnapshotID(validated: "s1-\(node)-378bfce5cda2599a6cda399f1cacef86")

    private static func id(_ name: String) -> VolumeID {
        VolumeID(validated: "v1-\(node)-\(name)")
    }

    /// A file as it lay in the pool.
    static func file(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Samples/first-release/\(name)")
        return try Array(Data(contentsOf: file))
    }

    static func record(of id: VolumeID) throws -> [UInt8] {
        try file("volumes/\(id)/volume.json")
    }

    static func record(of id: SnapshotID) throws -> [UInt8] {
        try file("snapshots/\(id)/snapshot.json")
    }

    /// Makes the pool in an empty directory, with data of the recorded sizes that holds nothing.
    static func makePool(at path: String) throws {
        let path = try #require(PoolPath(path))
        try Bytes.write(file("note"), to: path.notePath)
        try Bytes.write(file("cairn-pool.json"), to: "\(path.directory)/cairn-pool.json")
        for (id, mebibytes) in sizes {
            let folder = try makeFolder(id.text, on: "\(path.directory)/volumes")
            try Bytes.write(record(of: id), to: "\(folder)/volume.json")
            try Bytes.makeFile("\(folder)/data", size: .mebibytes(mebibytes))
        }
        let folder = try makeFolder(cut.text, on: "\(path.directory)/snapshots")
        try Bytes.write(record(of: cut), to: "\(folder)/snapshot.json")
        try Bytes.makeFile("\(folder)/data", size: .mebibytes(64))
    }

    /// Mebibytes.
    private static let sizes: KeyValuePairs<VolumeID, Int64> = [
        plain: 96, parameters: 300, block: 32, restored: 64, copy: 64,
    ]

    private static func makeFolder(_ name: String, on shelf: String) throws -> String {
        unsafe mkdir(shelf, 0o700)
        try #require(unsafe mkdir("\(shelf)/\(name)", 0o700) == 0)
        return "\(shelf)/\(name)"
    }
}
