import CHostShim
package import DriverCore
import Glibc

/// Mounting and unmounting by system calls, on targets that no symbolic link can divert.
package enum Mounts {
    /// Mounts a device's file system on a folder; lies on top of what is mounted there already.
    ///
    /// `flags` are options of mount(8), `nouuid` for a copy of an XFS volume among them.
    package static func mount(
        device: String,
        at target: TargetPath,
        filesystem: FilesystemType,
        flags: [String],
        readOnly: Bool
    ) throws(DriverError) {
        var parsed = try MountFlags(flags)
        if readOnly { parsed.kernel |= chost_MS_RDONLY }
        let place = try target.open()
        let path = "/proc/self/fd/\(place.rawValue)"
        do throws(Errno) {
            _ = try Errno.check {
                unsafe chost_mount(device, path, filesystem.rawValue, parsed.kernel, parsed.data)
            }
        } catch {
            throw error.failure(
                to: "mount \(device) as \(filesystem.rawValue) on \(target)",
                advice: advice(for: error, device, filesystem)
            )
        }
    }

    /// Throws `invalidRequest` for a flag that ``mount(device:at:filesystem:flags:readOnly:)``
    /// refuses; a flag that only the file system knows is for the file system to refuse.
    package static func validate(flags: [String]) throws(DriverError) {
        _ = try MountFlags(flags)
    }

    private static func advice(for errno: Errno, _ device: String, _ filesystem: FilesystemType)
        -> String?
    {
        switch errno.code {
        case EINVAL, EUCLEAN, EBADMSG, EIO:
            "the file system may be damaged, or a mount flag be unknown to it: look at the kernel "
                + "log on the node, and check it with \(checker(of: filesystem)) \(device)"
        case EBUSY:
            "the device is in use by another file system, volume group or program"
        case ENODEV:
            "this kernel has no \(filesystem.rawValue): load its module on the node"
        case EACCES, EROFS:
            "the device is read-only: mount the volume read-only"
        default: nil
        }
    }

    private static func checker(of filesystem: FilesystemType) -> String {
        switch filesystem {
        case .ext4: "e2fsck -n"
        case .xfs: "xfs_repair -n"
        case .btrfs: "btrfs check --readonly"
        }
    }
}

extension Mounts {
    /// Takes away the uppermost mount of a target; OK where nothing is mounted.
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
                    advice: isBusy ? "a program still uses it" : nil
                )
            }
        }
    }

    /// Unmounts, waiting for short visitors.
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
    private static let mostAttempts = 10
    private static let attemptIntervalMicroseconds: UInt32 = 20_000

    /// Takes away every mount of a target, and sees in the mount table that none is left.
    package static func unmountAll(_ target: TargetPath) throws(DriverError) {
        for _ in 0..<mostLayers {
            try unmount(target)
            if try MountTable.layers(at: target).isEmpty { return }
        }
        throw DriverError(
            .inUse,
            "\(target) is still mounted after \(mostLayers) unmounts; something mounts it again, "
                + "or it is hidden by a mount above it"
        )
    }

    /// More layers than any series of repeated publishes has been seen to leave.
    private static let mostLayers = 256
}
