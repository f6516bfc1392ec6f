import CHostShim
package import DriverCore
import Glibc

extension Mounts {
    /// Shows a folder, or a device node, at a second place, in one step that is never writable
    /// where `readOnly` is asked.
    ///
    /// The target is a folder for a folder, and a file for a device node. Of `flags` those of a
    /// mount count (`nodev`, `noexec`, `noatime`, ...); those of a file system were given when it
    /// was mounted, and do not count here.
    ///
    /// - Note: A read-only bind of a device node protects the node, not the device: whoever opens
    ///   it can still write. Attach the device read-only, or use
    ///   ``BlockDevice/setReadOnly(_:_:)``.
    package static func bind(
        _ source: String,
        to target: TargetPath,
        readOnly: Bool,
        flags: [String]
    ) throws(DriverError) {
        let opened = try OwnedDescriptor(opening: source, flags: chost_O_PATH | O_NOFOLLOW)
        try bind(opened, called: source, to: target, readOnly: readOnly, flags: flags)
    }

    /// The same for a source that comes from a request too.
    package static func bind(
        _ source: TargetPath,
        to target: TargetPath,
        readOnly: Bool,
        flags: [String]
    ) throws(DriverError) {
        let opened = try source.open()
        try bind(opened, called: source.path, to: target, readOnly: readOnly, flags: flags)
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
            adopting: try attempt("bind \(name) to \(target)") { chost_clone_mount(original) }
        )
        let copy = clone.rawValue
        try attempt("restrict the bind of \(name) to \(target)") {
            chost_restrict_mount(copy, parsed.kernel)
        }
        let destination = place.rawValue
        try attempt("bind \(name) to \(target)") { chost_attach_mount(copy, destination) }
    }
}
