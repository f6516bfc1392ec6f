import DriverCore
import FoundationEssentials

/// A path of the command line as the driver needs it: absolute, without `.` and repeated slashes.
func absolutePath(_ path: String) -> String {
    let whole =
        path.hasBytePrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    return "/" + whole.byteSplit(separator: "/").filter { $0 != "." }.joined(separator: "/")
}

/// The path without symbolic links, as far as it exists.
func resolvedPath(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().path
}
