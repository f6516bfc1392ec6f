import CSIMessages
import DriverHarness
import Host
import TestSupport
import Testing

/// What the stories write, and expect to find.
func fill(_ folder: String) throws {
    try write("before", in: folder)
    try Bytes.write(large, to: "\(folder)/large")
}

func expectFilled(_ folder: String, at location: SourceLocation = #_sourceLocation) throws {
    try expectContents("before", in: folder, at: location)
    let found = try Bytes.read("\(folder)/large", count: large.count + 1)
    #expect(found == large, "the large file differs", sourceLocation: location)
}

private let large = Bytes.noise(count: 10 << 20, seed: 11)

enum Entries {
    static func names(in folder: String) -> [String] { Paths.names(in: folder) }

    /// Whether a file system takes no writes: only what is thawed can be frozen.
    static func isFrozen(_ path: String) -> Bool {
        guard Paths.isFolder(path) else { return false }
        do {
            try Freezer.freeze(mountedAt: path)
            try Freezer.thaw(mountedAt: path)
            return false
        } catch {
            return true
        }
    }
}
