import CHostShim
import DriverCore
import Glibc

/// Reads small files of /proc and /sys.
enum SystemFile {
    /// The file's bytes; a file of /proc has no size beforehand, so it is read to its end.
    static func read(_ path: String) throws(DriverError) -> [UInt8] {
        do throws(Errno) {
            return try readOrErrno(path)
        } catch {
            throw error.failure(to: "read \(path)")
        }
    }

    /// The same, or nil where there is no such file, or its device or process is gone.
    ///
    /// `nothing` are further errors that say no more than that.
    static func readIfThere(_ path: String, nothing: [CInt] = []) throws(DriverError) -> [UInt8]? {
        do throws(Errno) {
            return try readOrErrno(path)
        } catch {
            if error.saysGone || error.code == ESRCH || nothing.contains(error.code) { return nil }
            throw error.failure(to: "read \(path)", .unavailable)
        }
    }

    /// The first line, or nil where there is no such file, or its device or process is gone.
    static func lineIfThere(_ path: String) throws(DriverError) -> String? {
        try readIfThere(path).map(firstLine)
    }

    /// The first line, or nil where the file is absent or cannot be read; for messages, never for
    /// decisions.
    static func line(_ path: String) -> String? { (try? read(path)).map(firstLine) }

    private static func firstLine(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func readOrErrno(_ path: String) throws(Errno) -> [UInt8] {
        let file = try OwnedDescriptor.opened(path, flags: O_RDONLY)
        var bytes: [UInt8] = []
        // One read of /proc answers at most a page of 4 KiB.
        var chunk = [UInt8](repeating: 0, count: 8 << 10)
        while true {
            let count = try Errno.check {
                unsafe Glibc.read(file.rawValue, &chunk, chunk.count)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// The device number in a text like `7:3`; nil for other text.
    static func deviceNumber(_ text: String) -> UInt64? {
        let parts = text.byteSplit(separator: ":").map { UInt32($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
        return chost_make_device(major, minor)
    }

    /// The text of a symbolic link; nil where there is none that may be read.
    static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The names in a directory, sorted, without `.` and `..`.
    static func names(in path: String) throws(DriverError) -> [String] {
        guard let folder = unsafe opendir(path) else {
            throw Errno(code: errno).failure(to: "list \(path)")
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        if errno != 0 { throw Errno(code: errno).failure(to: "list \(path)") }
        return names.sorted()
    }
}
