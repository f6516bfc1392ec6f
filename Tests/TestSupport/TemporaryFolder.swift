package import DriverCore
import Glibc

/// A folder of one test under /tmp, and what is to be cleaned up in it, last first.
///
/// ``withTemporaryFolder(_:)`` cleans up even where the test fails.
package final class TemporaryFolder {
    package let path: String
    private var cleanups: [() -> Void] = []

    package init() throws(DriverError) {
        var template = Array("/tmp/cairn-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw DriverError(.hostFailure, "cannot make a temporary folder (errno \(errno))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// A path in the folder, where nothing needs to be.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// A new folder in it.
    package func makeFolder(_ name: String) throws(DriverError) -> String {
        let folder = path(of: name)
        guard unsafe mkdir(folder, 0o755) == 0 else {
            throw DriverError(.hostFailure, "cannot make \(folder) (errno \(errno))")
        }
        return folder
    }

    /// Runs `body` at the end, before what was registered earlier.
    package func onCleanup(_ body: @escaping () -> Void) { cleanups.append(body) }

    package func cleanUp() {
        while let last = cleanups.popLast() { last() }
        Self.remove(path)
    }

    /// Removes a tree without leaving its file system and without following links.
    private static func remove(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unsafe unlink(path)
            return
        }
        for name in names(in: path) where !isMounted("\(path)/\(name)", beneath: status) {
            remove("\(path)/\(name)")
        }
        unsafe rmdir(path)
    }

    private static func isMounted(_ path: String, beneath folder: stat) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_dev != folder.st_dev
    }

    private static func names(in path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// Runs a test in a folder of its own.
package func withTemporaryFolder<Result>(_ body: (TemporaryFolder) throws -> Result) throws
    -> Result
{
    let folder = try TemporaryFolder()
    defer { folder.cleanUp() }
    return try body(folder)
}

/// The same for a test that waits.
package func withTemporaryFolder<Result>(
    _ body: (TemporaryFolder) async throws -> Result
) async throws -> Result {
    let folder = try TemporaryFolder()
    defer { folder.cleanUp() }
    return try await body(folder)
}
