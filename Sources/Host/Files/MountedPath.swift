import CHostShim
package import DriverCore

/// The mount that a path leads to now.
package enum MountedPath {
    /// The mount id of the path, as in the mount table.
    ///
    /// A mount that another one covers is not reached by its target: the id tells.
    package static func mountID(at path: String) throws(DriverError) -> UInt64 {
        UInt64(try checked(unsafe chost_files_mount_id(path), "read the mount of \(path)"))
    }
}
