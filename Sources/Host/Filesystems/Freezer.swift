import CHostShim
package import DriverCore
import Glibc

/// Freezes mounted file systems, so that a copy of the device is consistent.
///
/// A freeze belongs to the file system, not to the process: whoever freezes thaws, and after a
/// crash the next start thaws.
package enum Freezer {
    /// Writes out everything, then blocks further writes.
    ///
    /// Throws `inUse` where it is frozen already.
    package static func freeze(mountedAt path: String) throws(DriverError) {
        guard try !freezeUnlessFrozen(mountedAt: path) else { return }
        throw DriverError(
            .inUse,
            "cannot freeze \(path): it is already frozen; thaw it with 'fsfreeze -u \(path)'"
        )
    }

    /// The same; false where the file system is already frozen.
    package static func freezeUnlessFrozen(mountedAt path: String) throws(DriverError) -> Bool {
        let root = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        do throws(Errno) {
            let descriptor = root.rawValue
            _ = try Errno.check { chost_freeze(descriptor) }
            return true
        } catch {
            guard error.code == EBUSY else { throw error.failure(to: "freeze \(path)") }
            return false
        }
    }

    /// Allows writes again; does nothing where the file system is not frozen.
    package static func thaw(mountedAt path: String) throws(DriverError) {
        let root = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        do throws(Errno) {
            let descriptor = root.rawValue
            _ = try Errno.check { chost_thaw(descriptor) }
        } catch {
            if error.code != EINVAL { throw error.failure(to: "thaw \(path)") }
        }
    }
}
