import DriverCore
import FoundationEssentials
import Host
import Naming
import TestSupport

/// What one caller knows, as it outlives the caller.
package struct SoakNotes: Codable, Sendable {
    package var volumes: [SoakVolume]
    package var snapshots: [Int: SoakSnapshot]
    package var made: Int
    package var deleted: [String]
}

/// Keeps the notes of callers in a folder, where they are whole at each moment.
package struct SoakJournal: Sendable {
    package let folder: String

    package init(in folder: String) { self.folder = folder }

    func write(_ notes: SoakNotes, of caller: Int) {
        let path = path(of: caller)
        do {
            try Bytes.write(
                String(decoding: JSONEncoder().encode(notes), as: UTF8.self),
                to: "\(path).new"
            )
            try Folders.move("\(path).new", to: path)
        } catch {
            report("cannot note what caller \(caller) knows: \(error)")
        }
    }

    /// Nil where the caller has not come to know anything.
    package func notes(of caller: Int) throws -> SoakNotes? {
        guard Paths.exists(path(of: caller)) else { return nil }
        let text = try Bytes.read(path(of: caller), count: 4 << 20)
        return try JSONDecoder().decode(SoakNotes.self, from: Data(text))
    }

    /// Notes what must not be, for whoever reads the folder.
    func report(_ violation: String) {
        let name = "violation-\(SHA256.hex(of: violation).prefix(16))"
        try? Bytes.write(violation + "\n", to: "\(folder)/\(name)")
    }

    package func violations() throws -> [String] {
        try Paths.names(in: folder).filter { $0.hasPrefix("violation-") }.map { name in
            String(decoding: try Bytes.read("\(folder)/\(name)"), as: UTF8.self)
        }
    }

    private func path(of caller: Int) -> String { "\(folder)/caller-\(caller).json" }
}
