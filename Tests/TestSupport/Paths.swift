package import DriverCore
import Glibc

/// Small looks at paths, in the words of the tests.
package enum Paths {
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package static func size(_ path: String) throws(DriverError) -> Int64 {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw DriverError(.hostFailure, "cannot look at \(path) (errno \(errno))")
        }
        return Int64(status.st_size)
    }

    /// The bytes that a file takes of its disk.
    package static func allocated(_ path: String) throws(DriverError) -> Int64 {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw DriverError(.hostFailure, "cannot look at \(path) (errno \(errno))")
        }
        return Int64(status.st_blocks) * 512
    }

    /// The number of the device that the path is a node of, as the kernel gives it.
    package static func deviceNumber(_ path: String) throws(DriverError) -> UInt64 {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw DriverError(.hostFailure, "cannot look at \(path) (errno \(errno))")
        }
        return UInt64(status.st_rdev)
    }

    package static func makeFolder(_ path: String) throws {
        guard unsafe mkdir(path, 0o755) == 0 else {
            throw DriverError(.hostFailure, "cannot make \(path) (errno \(errno))")
        }
    }

    package static func names(in path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The real path of what is there, links resolved; nil where nothing is.
    package static func real(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    package static func makeLink(_ path: String, to target: String) throws(DriverError) {
        guard unsafe symlink(target, path) == 0 else {
            throw DriverError(.hostFailure, "cannot make the link \(path) (errno \(errno))")
        }
    }

    package static func remove(_ path: String) throws(DriverError) {
        guard unsafe unlink(path) == 0 else {
            throw DriverError(.hostFailure, "cannot remove \(path) (errno \(errno))")
        }
    }

    /// Unmounts the topmost layer; where it is in use, as soon as it no longer is.
    package static func forceUnmount(_ path: String) {
        let noFollow = CInt(UMOUNT_NOFOLLOW)
        if unsafe umount2(path, noFollow) != 0 {
            unsafe umount2(path, noFollow | CInt(MNT_DETACH))
        }
    }

    /// The number of the error of opening a file for writing; nil where it can be written.
    package static func writeError(_ path: String) -> CInt? {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return errno }
        defer { close(file) }
        let bytes: [UInt8] = Array(repeating: 1, count: 4096)
        let isWritten =
            unsafe pwrite(file, bytes, bytes.count, 0) == bytes.count && fsync(file) == 0
        return isWritten ? nil : errno
    }
}
