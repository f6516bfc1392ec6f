import CHostShim
package import DriverCore
import Glibc

/// An open directory; everything in it is reached from here, never through a symbolic link.
///
/// Names may be relative paths (`volumes/v1-.../data`) where a function opens something, and are
/// single components where a function changes the folder.
package struct Folder: ~Copyable {
    let file: OpenFile

    package enum Access { case reading, writing }

    private init(_ file: consuming OpenFile) { self.file = file }

    /// Opens a directory by an administrator's path, following links; nil where there is none.
    package static func existing(at path: String) throws(DriverError) -> Folder? {
        let number = unsafe chost_files_open_folder(path)
        guard number != -ENOENT else { return nil }
        try checked(number, "open the directory \(path)")
        return Folder(OpenFile(adopting: number, path: path))
    }

    /// Opens a directory by its path; creates it and its parents where they do not exist.
    package static func made(at path: String) throws(DriverError) -> Folder {
        if let folder = try existing(at: path) { return folder }
        let parts = path.byteSplit(separator: "/").map(String.init)
        guard path.hasBytePrefix("/"), let name = parts.last else {
            throw DriverError(
                .hostFailure,
                "cannot create the directory \(path): it is not an absolute path"
            )
        }
        let parent = try made(at: "/" + parts.dropLast().joined(separator: "/"))
        do {
            try parent.makeFolder(name)
            try parent.synchronize()
        } catch {
            // Another thread may have made it meanwhile.
            guard let folder = try existing(at: path) else { throw error }
            return folder
        }
        guard let folder = try existing(at: path) else {
            throw DriverError(.unavailable, "\(path) was removed right after it was created: retry")
        }
        return folder
    }

    package var path: String { file.path }

    /// A directory in this one; nil where there is none.
    package func folder(_ name: String) throws(DriverError) -> Folder? {
        guard let file = try open(name, chost_files_folder) else { return nil }
        return Folder(file)
    }

    /// A file in this directory; nil where there is none.
    package func file(_ name: String, for access: Access) throws(DriverError) -> OpenFile? {
        try open(name, access == .reading ? chost_files_read : chost_files_write)
    }

    /// Creates a file; throws where the name exists.
    package func newFile(_ name: String, mode: UInt32 = 0o600) throws(DriverError) -> OpenFile {
        try required(open(name, chost_files_create, mode: mode), name)
    }

    /// The file of that name; created empty where there is none.
    package func fileOrNew(_ name: String) throws(DriverError) -> OpenFile {
        try required(open(name, chost_files_open_or_create, mode: 0o600), name)
    }

    /// Whether the name exists, of any kind.
    package func has(_ name: String) throws(DriverError) -> Bool {
        let number = unsafe chost_files_open_beneath(file.number, name, chost_files_read, 0)
        if number >= 0 { _ = OpenFile(adopting: number, path: name) }
        // A link or a socket cannot be opened, and still has the name.
        switch -number {
        case ENOENT: return false
        case ELOOP, ENXIO: return true
        default:
            try checked(number, "read the status of \(path)/\(name)")
            return true
        }
    }

    package func facts(of name: String) throws(DriverError) -> FileFacts? {
        guard let file = try open(name, chost_files_read) else { return nil }
        return try file.facts()
    }

    package func facts() throws(DriverError) -> FileFacts { try file.facts() }

    package func synchronize() throws(DriverError) { try file.synchronize() }

    /// The path of the directory as the kernel reports it.
    package func shownPath() throws(DriverError) -> String { try file.shownPath() }
    package func markBusy() throws(DriverError) { try file.markBusy() }
    package func isBusy() throws(DriverError) -> Bool { try file.isBusy() }

    /// Whether files can share blocks on this file system; tested with two unnamed files.
    ///
    /// Throws where the trial itself fails, as on a full disk: that says neither yes nor no.
    package func canClone() throws(DriverError) -> Bool {
        let names = "\(path) (a trial file without a name)"
        let number = unsafe chost_files_open_beneath(file.number, ".", chost_files_unnamed, 0o600)
        // A file system without such files has no reflink either.
        guard ![-EOPNOTSUPP, -EISDIR].contains(number) else { return false }
        try checked(number, "open \(names)")
        let source = OpenFile(adopting: number, path: names)
        try source.write([UInt8](repeating: 1, count: 4096))
        let target = try required(open(".", chost_files_unnamed, mode: 0o600), "")
        return try target.canClone(from: source)
    }

    private func open(_ name: String, _ access: chost_files_access, mode: UInt32 = 0)
        throws(DriverError) -> OpenFile?
    {
        let number = unsafe chost_files_open_beneath(file.number, name, access, mode)
        guard number != -ENOENT else { return nil }
        guard number != -ELOOP else {
            throw DriverError(
                .hostFailure,
                "cannot open \(path)/\(name): it is a symbolic link, which the driver does not follow"
            )
        }
        try checked(number, "open \(path)/\(name)")
        return OpenFile(adopting: number, path: "\(path)/\(name)")
    }

    private func required(_ file: consuming OpenFile?, _ name: String) throws(DriverError)
        -> OpenFile
    {
        guard let file else {
            throw DriverError(
                .unavailable,
                "the directory of \(path)/\(name) is missing; check that its disk is mounted"
            )
        }
        return file
    }
}
