package import DriverCore
internal import Host

extension TargetPath {
    /// Removes the target that a publish made: an empty directory or an empty file.
    ///
    /// Absent is OK; anything else is left where it is, and an error.
    package func removeBindTarget() throws(DriverError) {
        switch try kind() {
        case .absent: return
        case .directory: try removeDirectory()
        case .file: try removeFile()
        case .other:
            throw DriverError(
                .hostFailure,
                "\(path) is neither a directory nor a file; remove it by hand"
            )
        }
    }
}
