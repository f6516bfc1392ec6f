import CHostShim
package import DriverCore
import Glibc

extension Mounts {
    /// Mounts a device's file system on a directory, on top of existing mounts.
    ///
    /// `flags` are options of mount(8), `nouuid` for a copy of an XFS volume among them. The mount
    /// appears only after it was seen to be the held device's.
    package static func mount(
        _ device: borrowing HeldDevice,
        at target: TargetPath,
        filesystem: FilesystemType,
        flags: [String],
        readOnly: Bool
    ) throws(DriverError) {
        var parsed = try MountFlags(flags)
        if readOnly { parsed.kernel |= chost_MS_RDONLY }
        let place = try target.open()
        let operation = "mount \(device.path) as \(filesystem.rawValue) on \(target)"
        let made = try detachedMount(of: device, filesystem, parsed, operation)
        try verify(made, isOf: device, filesystem)
        let mount = made.rawValue
        try attempt(operation) { chost_restrict_mount(mount, parsed.kernel) }
        let destination = place.rawValue
        try attempt(operation) { chost_attach_mount(mount, destination) }
    }

    /// The source is the device's name, because the mount table repeats it; the name is right while
    /// the device is held.
    private static func detachedMount(
        of device: borrowing HeldDevice,
        _ filesystem: FilesystemType,
        _ flags: MountFlags,
        _ operation: String
    ) throws(DriverError) -> OwnedDescriptor {
        var attempts = 0
        while true {
            let context = try context(of: device, filesystem, flags, operation)
            do throws(Errno) {
                return try context.mount()
            } catch {
                attempts += 1
                // The last user of the device may be going: see takeAway().
                if error.code == EBUSY, attempts < mostAttempts {
                    usleep(attemptIntervalMicroseconds)
                    continue
                }
                let words = context.messages(about: flags.settings(of: filesystem))
                    .map { "the kernel reports: \($0)" }
                let hints = [words, advice(for: error, device.path, filesystem)]
                let text = hints.compactMap(\.self).joined(separator: "; ")
                throw error.failure(to: operation, advice: text.isEmpty ? nil : text)
            }
        }
    }

    private static func context(
        of device: borrowing HeldDevice,
        _ filesystem: FilesystemType,
        _ flags: MountFlags,
        _ operation: String
    ) throws(DriverError) -> FilesystemContext {
        let context: FilesystemContext
        do throws(Errno) {
            context = try FilesystemContext(of: filesystem)
        } catch {
            throw error.failure(to: operation, advice: advice(for: error, device.path, filesystem))
        }
        let source = MountFlags.Setting(key: "source", value: device.path)
        for setting in [source] + flags.settings(of: filesystem) {
            do throws(Errno) {
                try context.set(setting)
            } catch {
                throw refusal(of: setting, operation, error, context.messages(about: [setting]))
            }
        }
        return context
    }

    private static func refusal(
        of setting: MountFlags.Setting,
        _ operation: String,
        _ errno: Errno,
        _ messages: String?
    ) -> DriverError {
        let reason = messages.map { "the kernel reports: \($0)" } ?? "\(errno)"
        return DriverError(
            errno.code == ENOMEM ? .unavailable : .invalidRequest,
            "cannot \(operation): mount flag '\(setting.key)' is refused: \(reason)"
        )
    }

    private static func advice(for errno: Errno, _ device: String, _ filesystem: FilesystemType)
        -> String?
    {
        switch errno.code {
        case EINVAL, EUCLEAN, EBADMSG, EIO:
            "the file system may be damaged, or its mount flags may contradict each other: see the "
                + "node's kernel log, and check it with \(checker(of: filesystem)) \(device)"
        case EBUSY:
            "the device is in use by another file system, volume group or program"
        case ENODEV:
            "the kernel does not know \(filesystem.rawValue): load its module on the node"
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
