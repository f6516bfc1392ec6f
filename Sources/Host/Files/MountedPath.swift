import CHostShim
package import DriverCore

/// What a path leads to now.
package enum MountedPath {
    /// The id, as in the mount table, of the mount that the path leads into.
    ///
    /// A mount that another one covers is not reached by its target: the id tells.
    package static func mountID(at path: String) throws(DriverError) -> UInt64 {
        UInt64(try checked(unsafe chost_files_mount_id(path), "read the mount of \(path)"))
    }
}
