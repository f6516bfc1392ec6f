import CHostShim
package import DriverCore
import Glibc

/// An open folder; everything else is reached from it, beneath it, and never through a link.
///
/// Names may be relative paths (`volumes/v1-.../data`) where a function opens something, and are
/// single components where a function changes the folder.
package struct Folder: ~Copyable {
    let file: OpenFile

    package enum Access { case reading, writing }

    private init(_ file: consuming OpenFile) { self.file = file }

    /// Opens a folder by the administrator's path, links followed; nil where nothing is there.
    package static func existing(at path: String) throws(DriverError) -> Folder? {
        let number = unsafe chost_files_open_folder(path)
        guard number != -ENOENT else { return nil }
        try checked(number, "open the directory \(path)")
        return Folder(OpenFile(adopting: number, path: path))
    }

    /// Opens a folder by its path, and makes it and those above it where they do not exist.
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

    /// A folder beneath this one; nil where nothing has the name.
    package func folder(_ name: String) throws(DriverError) -> Folder? {
        guard let file = try open(name, chost_files_folder) else { return nil }
        return Folder(file)
    }

    /// A file beneath this folder; nil where nothing has the name.
    package func file(_ name: String, for access: Access) throws(DriverError) -> OpenFile? {
        try open(name, access == .reading ? chost_files_read : chost_files_write)
    }

    /// A new file; an error where anything has the name.
    package func newFile(_ name: String, mode: UInt32 = 0o600) throws(DriverError) -> OpenFile {
        try required(open(name, chost_files_create, mode: mode), name)
    }

    /// The file of that name, made empty where there is none.
    package func fileOrNew(_ name: String) throws(DriverError) -> OpenFile {
        try required(open(name, chost_files_open_or_create, mode: 0o600), name)
    }

    /// Whether anything, of whatever kind, has the name.
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

    /// As of a file.
    package func shownPath() throws(DriverError) -> String { try file.shownPath() }
    package func markBusy() throws(DriverError) { try file.markBusy() }
    package func isBusy() throws(DriverError) -> Bool { try file.isBusy() }

    /// Whether the file system can make files share blocks; tried on two files without names.
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
