package import DriverCore
import Glibc

/// Names of files, changed behind the driver's back.
package enum Folders {
    package static func move(_ path: String, to other: String) throws(DriverError) {
        guard unsafe rename(path, other) == 0 else {
            throw DriverError(.hostFailure, "cannot rename \(path) (errno \(errno))")
        }
    }

    /// Brings the names in a folder down to its storage.
    package static func sync(_ path: String) throws(DriverError) {
        let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw DriverError(.hostFailure, "cannot open \(path) (errno \(errno))")
        }
        defer { close(folder) }
        guard fsync(folder) == 0 else {
            throw DriverError(.hostFailure, "cannot sync \(path) (errno \(errno))")
        }
    }

    /// Removes a file.
    package static func remove(_ path: String) throws(DriverError) {
        guard unsafe unlink(path) == 0 else {
            throw DriverError(.hostFailure, "cannot remove \(path) (errno \(errno))")
        }
    }
}
