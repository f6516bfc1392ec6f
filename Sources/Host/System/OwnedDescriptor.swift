import CHostShim
package import DriverCore
package import Glibc

/// A file descriptor with one owner, closed with the owner; always close-on-exec.
package struct OwnedDescriptor: ~Copyable {
    package let rawValue: CInt

    /// Opens a path that the driver chose itself; paths of requests go through ``TargetPath``.
    ///
    /// `O_CLOEXEC` is added to the flags of open(2); `mode` is for a file that `O_CREAT` makes.
    package init(opening path: String, flags: CInt, mode: mode_t = 0o600) throws(DriverError) {
        rawValue = try attempt("open \(path)") { unsafe open(path, flags | O_CLOEXEC, mode) }
    }

    /// Opens a path under a directory, without symbolic links and without leaving the directory.
    package init(
        opening path: String,
        beneath folder: borrowing OwnedDescriptor,
        flags: CInt,
        mode: mode_t = 0o600
    ) throws(DriverError) {
        do throws(Errno) {
            self = try Self.opened(path, beneath: folder, flags: flags, mode: mode)
        } catch {
            throw error.failure(to: "open \(path)")
        }
    }

    /// Takes ownership of a descriptor.
    package init(adopting descriptor: CInt) { rawValue = descriptor }

    deinit { close(rawValue) }

    /// The same as `init(opening:flags:mode:)` for callers that decide by errno.
    static func opened(_ path: String, flags: CInt, mode: mode_t = 0o600) throws(Errno)
        -> OwnedDescriptor
    {
        let descriptor = try Errno.check { unsafe open(path, flags | O_CLOEXEC, mode) }
        return OwnedDescriptor(adopting: descriptor)
    }

    /// The same as `init(opening:beneath:flags:mode:)` for callers that decide by errno.
    static func opened(
        _ path: String,
        beneath folder: borrowing OwnedDescriptor,
        flags: CInt,
        mode: mode_t = 0o600
    ) throws(Errno) -> OwnedDescriptor {
        let rules =
            chost_RESOLVE_BENEATH | chost_RESOLVE_NO_SYMLINKS | chost_RESOLVE_NO_MAGICLINKS
        let root = folder.rawValue
        // openat2 refuses a mode where nothing can be created.
        let permissions = flags & O_CREAT != 0 ? mode : 0
        let descriptor = try Errno.check {
            unsafe chost_openat2(root, path, flags, permissions, rules)
        }
        return OwnedDescriptor(adopting: descriptor)
    }
}
