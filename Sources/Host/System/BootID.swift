package import DriverCore

/// The kernel's id of this boot, which changes with each boot.
package enum BootID {
    /// Throws `unavailable` where /proc cannot be read.
    package static func current() throws(DriverError) -> String {
        let path = "/proc/sys/kernel/random/boot_id"
        guard let line = try SystemFile.lineIfThere(path), !line.isEmpty else {
            throw DriverError(.unavailable, "\(path) is missing; mount /proc")
        }
        return line
    }
}
