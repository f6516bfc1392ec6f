import CProcessShim
import DriverCore
import ErrnoText
import Glibc
import Synchronization

/// One unix socket's name in the file system.
///
/// C-core binds a random name in the same folder, mode and group are set, and a rename puts the
/// socket at its path, over a socket that was there, in one step. So nothing else is ever seen at
/// the path, and when C-core removes the name that it bound, nothing is there. The name at the path
/// is removed here, only if it is still ours: both steps hold a lock on the folder.
///
/// A process killed between bind and rename leaves a dead `.cairn-*.sock`; it does no harm.
final class UnixSocketFile: Sendable {
    private struct Identity: Sendable, Equatable {
        let device: UInt64
        let inode: UInt64
    }

    let path: String
    private let name: String
    private let boundName: String
    private let mode: UInt32
    private let group: UInt32?
    /// The descriptor of the directory, open until ``close()``.
    private let folder: CInt
    private let published = Mutex<Identity?>(nil)

    /// What sockaddr_un holds with its final NUL; clients have no other way to it.
    private static let longestPath = 107

    /// Throws where a socket at the path cannot be connected to.
    static func checkLength(of path: String) throws(DriverError) {
        guard path.utf8.count > longestPath else { return }
        throw DriverError(
            .invalidRequest,
            "the socket path \(path) has \(path.utf8.count) bytes, and at most \(longestPath) are "
                + "possible: use a shorter directory"
        )
    }

    /// Throws when the path is unusable; changes nothing yet.
    init(_ path: String, mode: UInt32, group: UInt32?) throws(DriverError) {
        try Self.checkLength(of: path)
        guard path.hasBytePrefix("/"), !path.hasByteSuffix("/"), !path.utf8.contains(0),
            let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        else {
            throw DriverError(.invalidRequest, "'\(path)' is not an absolute socket path")
        }
        self.path = path
        name = String(path[path.utf8.index(after: slash)...])
        boundName = ".cairn-\(String(UInt64.random(in: .min ... .max), radix: 16)).sock"
        self.mode = mode
        self.group = group
        let parent = slash == path.startIndex ? "/" : String(path[..<slash])
        folder = unsafe open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            let reason = Glibc.errno
            throw DriverError(
                .invalidRequest,
                "cannot use the directory \(parent) of the socket "
                    + "(\(errnoText(reason))); create it"
            )
        }
        do throws(DriverError) {
            try refuseOtherFile()
        } catch {
            close()
            throw error
        }
    }

    /// Short however long the directory's path is, and in the same directory even if that is
    /// renamed.
    var bindAddress: String { "unix:/proc/self/fd/\(folder)/\(boundName)" }

    /// Sets group and mode, and puts the bound socket at its path.
    ///
    /// Returns the process that listened there until now, 0 if its number is not known; nil if none did.
    func publish() throws(DriverError) -> Int32? {
        if let group { try check(unsafe fchownat(folder, boundName, .max, group, 0), "set group") }
        try check(unsafe fchmodat(folder, boundName, mode, 0), "set mode")
        let identity = identity(of: boundName)
        guard lockFolder() else {
            throw DriverError(
                .unavailable,
                "another process holds the lock (flock) on the directory of \(path); stop that process"
            )
        }
        defer { flock(folder, LOCK_UN) }
        try refuseOtherFile()
        let listener = unsafe cprocess_listener("/proc/self/fd/\(folder)/\(name)")
        try check(unsafe renameat(folder, boundName, folder, name), "rename")
        published.withLock { $0 = identity }
        return listener < 0 ? nil : listener
    }

    /// Removes the socket at the path if it is still ours.
    ///
    /// Idempotent.
    func withdraw() {
        guard let identity = published.withLock({ $0.take() }) else {
            _ = unsafe unlinkat(folder, boundName, 0)
            return
        }
        // Without the lock a newer server's socket might be hit; a dead socket does no harm.
        guard lockFolder() else { return }
        defer { flock(folder, LOCK_UN) }
        if self.identity(of: name) == identity { _ = unsafe unlinkat(folder, name, 0) }
    }

    /// After C-core's server is destroyed, which still looks for the name that it bound.
    func close() { _ = Glibc.close(folder) }

    private func refuseOtherFile() throws(DriverError) {
        guard let status = status(of: name), status.st_mode & S_IFMT != S_IFSOCK else { return }
        throw DriverError(
            .conflict,
            "\(path) exists and is not a socket; move it away or choose another path"
        )
    }

    private func identity(of name: String) -> Identity? {
        status(of: name).map { Identity(device: UInt64($0.st_dev), inode: UInt64($0.st_ino)) }
    }

    private func status(of name: String) -> stat? {
        var status = stat()
        let code = unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW)
        return code == 0 ? status : nil
    }

    /// The lock is held for a few system calls only; who holds it for seconds is not one of us.
    private func lockFolder() -> Bool {
        for _ in 0..<500 {
            if flock(folder, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(10_000)
        }
        return false
    }

    private func check(_ result: CInt, _ step: String) throws(DriverError) {
        guard result != 0 else { return }
        let reason = Glibc.errno
        throw DriverError(
            .unavailable,
            "cannot \(step) of the socket \(path) (\(errnoText(reason)))"
        )
    }
}
