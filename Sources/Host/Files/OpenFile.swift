import CHostShim
package import DriverCore
import Glibc

/// An open file or directory of a pool, closed at the end of the scope.
package struct OpenFile: ~Copyable {
    private let descriptor: OwnedDescriptor
    /// For messages only; the file may have been renamed since.
    package let path: String

    init(adopting number: CInt, path: String) {
        descriptor = OwnedDescriptor(adopting: number)
        self.path = path
    }

    var number: CInt { descriptor.rawValue }

    package func facts() throws(DriverError) -> FileFacts {
        var status = chost_files_status()
        try checked(
            unsafe chost_files_get_status(number, &status),
            "read the status of \(path)"
        )
        return FileFacts(status)
    }

    /// The whole file; throws where it is longer than `limit`.
    package func contents(limit: Int) throws(DriverError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            // Most files are far smaller than their limit.
            let count = min(limit + 1 - bytes.count, max(4 << 10, bytes.count))
            let more = try read(count: count, at: Int64(bytes.count))
            guard !more.isEmpty else { return bytes }
            bytes += more
        }
        throw DriverError(
            .hostFailure,
            "\(path) is larger than \(limit) bytes, so Cairn did not write it; move it away"
        )
    }

    /// At most `count` bytes from `offset` on; none at the end of the file.
    func read(count: Int, at offset: Int64) throws(DriverError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = unsafe bytes.withUnsafeMutableBytes { buffer -> Int64 in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe chost_files_read_at(number, start, buffer.count, offset)
        }
        try checked(filled, "read \(path)")
        bytes.removeLast(count - Int(filled))
        return bytes
    }

    /// Writes all of the bytes at `offset`.
    package func write(_ bytes: [UInt8], at offset: Int64 = 0) throws(DriverError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { rest -> Int64 in
                guard let start = rest.baseAddress else { return 0 }
                return unsafe chost_files_write_at(
                    number,
                    start,
                    rest.count,
                    offset + Int64(written)
                )
            }
            written += Int(try checked(count, "write \(path)"))
        }
    }

    /// Returns when contents, size and, for a directory, names are on the disk.
    package func synchronize() throws(DriverError) {
        try checked(chost_files_sync(number), "sync \(path) to the disk")
    }

    /// Locks the file until ``unlock()``; false where another open file holds the lock.
    package func lock() throws(DriverError) -> Bool {
        let result = chost_files_lock(number)
        guard result != -EWOULDBLOCK else { return false }
        try checked(result, "lock \(path)")
        return true
    }

    /// Releases the lock at once.
    ///
    /// Closing alone gives it back only when no process has the open file any more, and a child that
    /// is just being started has it until its exec.
    package func unlock() throws(DriverError) {
        try checked(chost_files_unlock(number), "unlock \(path)")
    }

    /// The path of the file as the kernel reports it now.
    package func shownPath() throws(DriverError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try attempt("read the path of \(path)") {
            unsafe readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
        }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Marks the file or directory as in use by this process, while it stays open.
    ///
    /// A note for whoever looks at the pool from outside: it keeps nobody away.
    package func markBusy() throws(DriverError) {
        try checked(chost_files_mark_busy(number), "mark \(path) as in use")
    }

    /// Whether a running process has marked it as in use.
    package func isBusy() throws(DriverError) -> Bool {
        try checked(chost_files_is_busy(number), "read who uses \(path)") == 1
    }
}

/// The attributes of a file.
package struct FileFacts: Sendable, Hashable {
    package let identity: FileIdentity
    package let size: ByteCount
    /// Bytes in the file's blocks, with blocks shared with other files.
    package let allocated: ByteCount
    package let isRegularFile: Bool
    /// How many names the file has.
    package let links: Int

    init(_ status: chost_files_status) {
        identity = FileIdentity(device: status.device, inode: status.inode)
        size = ByteCount(status.size)
        allocated = ByteCount(status.allocated)
        links = Int(status.links)
        isRegularFile = status.mode & UInt32(S_IFMT) == UInt32(S_IFREG)
    }
}
