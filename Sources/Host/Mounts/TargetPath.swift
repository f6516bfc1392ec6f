import CHostShim
package import DriverCore
import Glibc

/// A path from a request, under kubelet's directory.
///
/// The folder itself may be reached through symbolic links, as administrators move it; nothing
/// beneath it may be one, so no pod can lead the driver elsewhere. Each call resolves the path anew
/// with openat2 and works through descriptors, never through the text.
package struct TargetPath: Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case absent, directory, file
        /// A symbolic link, a socket, a device node.
        case other
    }

    /// The path without repeated or trailing slashes.
    package let path: String
    private let root: String
    /// The directories between the root and the last component.
    private let folders: [String]
    private let name: String

    /// Checks only the text; nothing needs to exist.
    ///
    /// Throws `invalidRequest` for a path that is empty, relative, too long, holds `..` or a NUL,
    /// or does not lie beneath the root.
    package init(_ path: String, kubeletRoot: String) throws(DriverError) {
        let components = try Self.components(of: path)
        let rootComponents = try Self.components(of: kubeletRoot)
        guard components.count > rootComponents.count,
            components.starts(with: rootComponents, by: { $0.hasSameBytes(as: $1) }),
            let name = components.last
        else {
            throw DriverError(
                .invalidRequest,
                "path '\(path)' is not under \(kubeletRoot); if kubelet keeps its files elsewhere, set "
                    + "the driver's --kubelet-dir"
            )
        }
        self.path = "/" + components.joined(separator: "/")
        root = "/" + rootComponents.joined(separator: "/")
        folders = components[rootComponents.count..<(components.count - 1)].map { $0 }
        self.name = name
    }

    package var description: String { path }

    private static func components(of path: String) throws(DriverError) -> [String] {
        func refusal(_ reason: String) -> DriverError {
            DriverError(.invalidRequest, "path '\(path.shortened(toBytes: 200))' \(reason)")
        }
        if path.utf8.contains(0) { throw refusal("has a NUL byte") }
        guard path.utf8.first == UInt8(ascii: "/") else { throw refusal("is not absolute") }
        // PATH_MAX counts the NUL that ends the text.
        guard path.utf8.count < Int(PATH_MAX) else {
            throw refusal("is longer than \(PATH_MAX - 1) bytes")
        }
        let parts = path.byteSplit(separator: "/").filter { !$0.hasSameBytes(as: ".") }
        guard !parts.contains(where: { $0.hasSameBytes(as: "..") }) else {
            throw refusal("has '..'")
        }
        // So it is after a split by bytes; what follows relies on it, so it is checked.
        guard !parts.contains(where: { $0.containsByte("/") }) else {
            throw refusal("has a component with a slash")
        }
        guard parts.allSatisfy({ $0.utf8.count <= Int(NAME_MAX) }) else {
            throw refusal("has a component longer than \(NAME_MAX) bytes")
        }
        return parts.map(String.init)
    }
}

extension TargetPath {
    /// What is there now; `absent` also where the parent directory is absent.
    package func kind() throws(DriverError) -> Kind {
        guard let parent = try openParent() else { return .absent }
        return try kind(in: parent)
    }

    /// Creates the last component as a directory; does nothing where it exists.
    ///
    /// The parent must exist.
    package func createDirectory() throws(DriverError) {
        try create(.directory) { (parent) throws(Errno) in
            let folder = parent.rawValue
            _ = try Errno.check { unsafe mkdirat(folder, name, 0o750) }
        }
    }

    /// Creates the last component as an empty file; does nothing where it exists.
    ///
    /// The parent must exist.
    package func createFile() throws(DriverError) {
        try create(.file) { (parent) throws(Errno) in
            let flags = O_CREAT | O_EXCL | O_WRONLY
            _ = try OwnedDescriptor.opened(name, beneath: parent, flags: flags, mode: 0o640)
        }
    }

    /// Removes an empty directory; does nothing where it is absent.
    ///
    /// Never anything inside it, and never a mount.
    package func removeDirectory() throws(DriverError) { try remove(AT_REMOVEDIR) }

    /// Removes an empty file; does nothing where it is absent.
    ///
    /// Throws `inUse` for one that holds anything.
    package func removeFile() throws(DriverError) {
        guard let parent = try openParent() else { return }
        if let status = try status(in: parent), status.st_mode & S_IFMT == S_IFREG,
            status.st_size > 0
        {
            throw DriverError(
                .inUse,
                "\(path) is a file of \(status.st_size) bytes that the driver did not write; the "
                    + "driver keeps it: move it away"
            )
        }
        try remove(0)
    }

    /// Whether the file system of a block device is mounted writable here.
    ///
    /// "Yes" is certain, and needs no look at the mount table; "no" says nothing: btrfs shows
    /// numbers of its own.
    package func isWritableMount(ofDevice number: UInt64) -> Bool {
        guard let place = try? open() else { return false }
        return chost_is_writable_mount(place.rawValue, number)
    }

    /// The path as in the mount table, with the links of the root resolved; nil where the parent
    /// directory is absent.
    package func resolved() throws(DriverError) -> String? {
        guard let parent = try openParent() else { return nil }
        let folder = try Self.path(of: parent)
        return folder == "/" ? "/\(name)" : "\(folder)/\(name)"
    }
}

extension TargetPath {
    /// The target as a descriptor that can be mounted on or cloned.
    ///
    /// No link is followed. While it is open, what is mounted there cannot be unmounted.
    func open() throws(DriverError) -> OwnedDescriptor {
        guard let parent = try openParent() else {
            throw DriverError(.invalidRequest, "\(path) has no parent directory")
        }
        do throws(Errno) {
            return try OwnedDescriptor.opened(name, beneath: parent, flags: chost_O_PATH)
        } catch {
            let isWrong = [ELOOP, ENOENT].contains(error.code)
            throw error.failure(to: "open \(path)", isWrong ? .invalidRequest : nil)
        }
    }

    /// Runs a call with a path to the target of which only the last component is text from the
    /// request.
    ///
    /// It goes through the parent, so that it does not hold the target busy. Nil where the target
    /// is absent.
    func withStablePath<Result>(_ body: (String) throws(DriverError) -> Result)
        throws(DriverError) -> Result?
    {
        guard let parent = try openParent(), try holdsTarget(parent) else { return nil }
        return try body("/proc/self/fd/\(parent.rawValue)/\(name)")
    }

    /// Whether the target exists.
    ///
    /// openat2 has the kernel's word that the last component leads nowhere else, whatever its text
    /// is; the descriptor is closed at once.
    private func holdsTarget(_ parent: borrowing OwnedDescriptor) throws(DriverError) -> Bool {
        do throws(Errno) {
            _ = try OwnedDescriptor.opened(name, beneath: parent, flags: chost_O_PATH | O_NOFOLLOW)
            return true
        } catch {
            if error.code == ENOENT { return false }
            let isLink = error.code == ELOOP || error.code == EXDEV
            throw error.failure(to: "reach \(path)", isLink ? .invalidRequest : nil)
        }
    }

    private func openParent() throws(DriverError) -> OwnedDescriptor? {
        let flags = chost_O_PATH | O_DIRECTORY
        do throws(Errno) {
            let root = try OwnedDescriptor.opened(root, flags: flags)
            if folders.isEmpty { return root }
            let middle = folders.joined(separator: "/")
            return try OwnedDescriptor.opened(middle, beneath: root, flags: flags)
        } catch {
            if error.code == ENOENT { return nil }
            let isLink = error.code == ELOOP || error.code == EXDEV
            throw error.failure(
                to: "reach \(path)",
                isLink ? .invalidRequest : nil,
                advice: isLink ? "the driver follows no symbolic link under \(root)" : nil
            )
        }
    }

    /// nil where it does not exist.
    private func status(in parent: borrowing OwnedDescriptor) throws(DriverError) -> stat? {
        var status = stat()
        do throws(Errno) {
            // A link is opened as such, and followed nowhere.
            let flags = chost_O_PATH | O_NOFOLLOW
            let target = try OwnedDescriptor.opened(name, beneath: parent, flags: flags)
            let number = target.rawValue
            _ = try Errno.check { unsafe fstat(number, &status) }
            return status
        } catch {
            if error.code == ENOENT { return nil }
            throw error.failure(to: "read the status of \(path)")
        }
    }

    private func kind(in parent: borrowing OwnedDescriptor) throws(DriverError) -> Kind {
        guard let status = try status(in: parent) else { return .absent }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .directory
        case S_IFREG: return .file
        default: return .other
        }
    }

    private func create(_ kind: Kind, _ make: (borrowing OwnedDescriptor) throws(Errno) -> Void)
        throws(DriverError)
    {
        guard let parent = try openParent() else {
            throw DriverError(
                .invalidRequest,
                "cannot create \(path): its parent directory does not exist"
            )
        }
        do throws(Errno) {
            try make(parent)
        } catch {
            guard error.code == EEXIST else { throw error.failure(to: "create \(path)") }
            let found = try self.kind(in: parent)
            guard found == kind else {
                throw DriverError(
                    .inUse,
                    "\(path) exists and is not a \(kind): remove it, then retry"
                )
            }
        }
    }

    private func remove(_ flags: CInt) throws(DriverError) {
        guard let parent = try openParent() else { return }
        let folder = parent.rawValue
        do throws(Errno) {
            _ = try Errno.check { unsafe unlinkat(folder, name, flags) }
        } catch {
            if error.code == ENOENT { return }
            let isBusy = [EBUSY, ENOTEMPTY, EEXIST].contains(error.code)
            throw error.failure(
                to: "remove \(path)",
                isBusy ? .inUse : nil,
                advice: isBusy ? "something is mounted or stored there; nothing was removed" : nil
            )
        }
    }

    private static func path(of descriptor: borrowing OwnedDescriptor) throws(DriverError)
        -> String
    {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let link = "/proc/self/fd/\(descriptor.rawValue)"
        let count = try attempt("read \(link)") {
            unsafe readlink(link, &buffer, buffer.count)
        }
        let bytes = buffer[..<count].map(UInt8.init(bitPattern:))
        guard let path = String(validating: bytes, as: UTF8.self) else {
            let shown = String(decoding: bytes, as: UTF8.self)
            throw DriverError(
                .hostFailure,
                "the path \(shown) is not UTF-8: rename its directories"
            )
        }
        return path
    }
}
