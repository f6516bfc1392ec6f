import DriverCore
import Host

/// What the mounted file system holds in all, in bytes.
func filesystemSize(_ path: String) throws -> Int64 {
    try Filesystems.usage(at: path).totalBytes.bytes
}
