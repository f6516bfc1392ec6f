import CHostShim
package import DriverCore
import Glibc

extension Mounts {
    /// Bind-mounts a directory, in one step that is never writable if `readOnly` is set.
    ///
    /// The target is a folder too. Of `flags` those of a mount count (`nodev`, `noexec`, `noatime`,
    /// ...); those of a file system were given when it was mounted, and do not count here.
    package static func bind(
        _ source: TargetPath,
        to target: TargetPath,
        readOnly: Bool,
        flags: [String]
    ) throws(DriverError) {
        let opened = try source.open()
        try bind(opened, called: source.path, to: target, readOnly: readOnly, flags: flags)
    }

    /// Bind-mounts the node of a held device at a target, which is a file.
    ///
    /// The bind is made of the open descriptor, so it shows the held device whatever its name leads
    /// to. A bound node holds no device: from its release on, only a program that opens it does.
    ///
    /// - Note: A read-only bind of a device node protects the node, not the device: whoever opens
    ///   it can still write. Use ``HeldDevice/setReadOnly(_:)``.
    package static func bind(
        _ device: borrowing HeldDevice,
        to target: TargetPath,
        readOnly: Bool
    ) throws(DriverError) {
        try bind(device.descriptor, called: device.path, to: target, readOnly: readOnly, flags: [])
    }

    private static func bind(
        _ source: borrowing OwnedDescriptor,
        called name: String,
        to target: TargetPath,
        readOnly: Bool,
        flags: [String]
    ) throws(DriverError) {
        var parsed = try MountFlags(flags)
        if readOnly { parsed.kernel |= chost_MS_RDONLY }
        let place = try target.open()
        let original = source.rawValue
        let clone = OwnedDescriptor(
            adopting: try attempt("bind-mount \(name) at \(target)") { chost_clone_mount(original) }
        )
        let copy = clone.rawValue
        try attempt("restrict the bind mount of \(name) at \(target)") {
            chost_restrict_mount(copy, parsed.kernel)
        }
        let destination = place.rawValue
        try attempt("bind-mount \(name) at \(target)") { chost_attach_mount(copy, destination) }
    }
}
