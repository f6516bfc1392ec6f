import CHostShim
package import DriverCore
import Glibc

/// Mounting and unmounting by system calls, on targets that no symbolic link can divert.
package enum Mounts {
    /// Throws `invalidRequest` for a flag that ``mount(_:at:filesystem:flags:readOnly:)`` refuses.
    ///
    /// A flag of a file system is checked by the file system.
    package static func validate(flags: [String]) throws(DriverError) {
        _ = try MountFlags(flags)
    }
}

extension Mounts {
    /// Unmounts the topmost mount of a target; does nothing where nothing is mounted.
    ///
    /// Throws `inUse` while a program still uses the mount.
    package static func unmount(_ target: TargetPath) throws(DriverError) {
        _ = try target.withStablePath { (path) throws(DriverError) in
            do throws(Errno) {
                try takeAway(path)
            } catch {
                // EINVAL: not a mount point. ENOENT: not there at all.
                if error.code == EINVAL || error.code == ENOENT { return }
                let isBusy = error.code == EBUSY
                throw error.failure(
                    to: "unmount \(target)",
                    isBusy ? .inUse : nil,
                    advice: isBusy ? "a program still uses it; stop it" : nil
                )
            }
        }
    }

    /// Unmounts, and waits for short users.
    ///
    /// A program that another thread starts holds copies of all descriptors for an instant, until
    /// its exec closes them; some of them may lie on this mount.
    private static func takeAway(_ path: String) throws(Errno) {
        var attempts = 0
        while true {
            do throws(Errno) {
                _ = try Errno.check { unsafe umount2(path, CInt(UMOUNT_NOFOLLOW)) }
                return
            } catch {
                attempts += 1
                guard error.code == EBUSY, attempts < mostAttempts else { throw error }
                usleep(attemptIntervalMicroseconds)
            }
        }
    }

    /// Together a fifth of a second.
    static let mostAttempts = 10
    static let attemptIntervalMicroseconds: UInt32 = 20_000

    /// Unmounts all mounts of a target, and verifies in the mount table that none is left.
    package static func unmountAll(_ target: TargetPath) throws(DriverError) {
        for _ in 0..<mostLayers {
            try unmount(target)
            if try MountTable.layers(at: target).isEmpty { return }
        }
        throw DriverError(
            .inUse,
            "\(target) is still mounted after \(mostLayers) unmounts; find out what mounts it "
                + "again, or unmount what hides it"
        )
    }

    /// More layers than repeated publishes have ever left.
    private static let mostLayers = 256
}
