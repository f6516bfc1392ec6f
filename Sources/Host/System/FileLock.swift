package import DriverCore
import Glibc

/// An exclusive flock(2) of a file that its holder may remove at the release, as LVM does.
package struct FileLock: ~Copyable {
    private let file: OwnedDescriptor

    /// Creates the file where it is missing; throws `operationPending` where another process holds
    /// the lock for `patience`.
    package init(of path: String, waiting patience: Duration) throws(DriverError) {
        let end = ContinuousClock.now + patience
        while true {
            let opened = try OwnedDescriptor(opening: path, flags: O_RDWR | O_CREAT)
            if try Self.take(opened, path) {
                file = opened
                return
            }
            guard ContinuousClock.now < end else { throw Self.held(path) }
            usleep(Self.pauseMicroseconds)
        }
    }

    /// Releases the lock.
    package consuming func release() {}

    /// Whether the lock was taken while the path still named the file.
    private static func take(_ file: borrowing OwnedDescriptor, _ path: String)
        throws(DriverError) -> Bool
    {
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw Errno(code: errno).failure(to: "lock \(path)")
            }
            return false
        }
        let locked = try FileStatus(of: file, called: path)
        guard let named = try? FileIdentity(of: path) else { return false }
        return named == FileIdentity(device: locked.device, inode: locked.inode)
    }

    private static func held(_ path: String) -> DriverError {
        DriverError(
            .operationPending,
            "another program has locked \(path); find it (fuser \(path)) and retry when it has ended"
        )
    }

    private static let pauseMicroseconds: useconds_t = 20_000
}
