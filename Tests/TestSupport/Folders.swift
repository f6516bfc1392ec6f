package import DriverCore
import Glibc

/// Names of files, changed behind the driver's back.
package enum Folders {
    package static func move(_ path: String, to other: String) throws(DriverError) {
        guard unsafe rename(path, other) == 0 else {
            throw DriverError(.hostFailure, "cannot rename \(path) (errno \(errno))")
        }
    }

    /// Removes a file.
    package static func remove(_ path: String) throws(DriverError) {
        guard unsafe unlink(path) == 0 else {
            throw DriverError(.hostFailure, "cannot remove \(path) (errno \(errno))")
        }
    }
}
