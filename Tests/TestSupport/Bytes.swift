package import DriverCore
import Glibc

/// Reading and writing files and devices in tests, in as few words as possible.
package enum Bytes {
    /// Makes a sparse file, or changes the size of one.
    package static func makeFile(_ path: String, size: ByteCount) throws(DriverError) {
        try withDescriptor(path, O_RDWR | O_CREAT) { file in
            ftruncate(file, off_t(size.bytes)) == 0
        }
    }

    /// Writes over part of a file or device, down to its storage; a file is made where there is none.
    package static func write(_ bytes: [UInt8], to path: String, at offset: Int64 = 0)
        throws(DriverError)
    {
        try withDescriptor(path, O_RDWR | O_CREAT) { file in
            unsafe pwrite(file, bytes, bytes.count, off_t(offset)) == bytes.count
                && fsync(file) == 0
        }
    }

    /// Writes a text, and nothing behind it in a file.
    package static func write(_ text: String, to path: String) throws(DriverError) {
        try withDescriptor(path, O_RDWR | O_CREAT | O_TRUNC) { _ in true }
        try write(Array(text.utf8), to: path)
    }

    package static func read(_ path: String, at offset: Int64 = 0, count: Int = 1 << 20)
        throws(DriverError) -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        try withDescriptor(path, O_RDONLY) { file in
            got = unsafe pread(file, &bytes, count, off_t(offset))
            return got >= 0
        }
        return Array(bytes[..<got])
    }

    /// Whether a part of a file or device, or all behind the offset, is there and reads as zeros.
    package static func isZero(_ path: String, at offset: Int64 = 0, count: Int64? = nil)
        throws(DriverError) -> Bool
    {
        var isZero = true
        try withDescriptor(path, O_RDONLY) { file in
            let end = count.map { offset + $0 } ?? Int64(lseek(file, 0, SEEK_END))
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            var chunk = zeros
            var position = offset
            while isZero, position < end {
                let wanted = min(chunk.count, Int(end - position))
                let got = unsafe pread(file, &chunk, wanted, off_t(position))
                guard got > 0 else { return false }
                isZero = unsafe memcmp(chunk, zeros, got) == 0
                position += Int64(got)
            }
            return true
        }
        return isZero
    }

    /// Writes over all of a device, down to its storage.
    package static func fill(_ path: String, with pattern: [UInt8]) throws(DriverError) {
        try withDescriptor(path, O_RDWR) { file in
            let size = Int64(lseek(file, 0, SEEK_END))
            var position: Int64 = 0
            while position < size {
                let count = min(pattern.count, Int(size - position))
                guard unsafe pwrite(file, pattern, count, off_t(position)) == count else {
                    return false
                }
                position += Int64(count)
            }
            return fsync(file) == 0
        }
    }

    /// Writes a file and leaves its bytes in memory, to be written back whenever that is.
    package static func writeUnsynced(_ bytes: [UInt8], to path: String) throws(DriverError) {
        try withDescriptor(path, O_RDWR | O_CREAT | O_TRUNC) { file in
            unsafe Glibc.write(file, bytes, bytes.count) == bytes.count
        }
    }

    /// Copies a file of test size as a whole, holes kept.
    package static func copy(_ path: String, to copy: String) throws(DriverError) {
        try withDescriptor(path, O_RDONLY) { source in
            let size = lseek(source, 0, SEEK_END)
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            var chunk = zeros
            let target = unsafe open(copy, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(target) }
            guard target >= 0, ftruncate(target, size) == 0 else { return false }
            var offset: off_t = 0
            while offset < size {
                let count = unsafe pread(source, &chunk, chunk.count, offset)
                guard count > 0 else { return false }
                let isHole = unsafe memcmp(chunk, zeros, count) == 0
                guard unsafe isHole || pwrite(target, chunk, count, offset) == count else {
                    return false
                }
                offset += off_t(count)
            }
            return true
        }
    }

    /// Bytes that compress to nothing known, the same for the same seed.
    package static func noise(count: Int, seed: UInt64 = 1) -> [UInt8] {
        var words = [UInt64](repeating: 0, count: (count + 7) / 8)
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        for index in words.indices {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            words[index] = state
        }
        return unsafe words.withUnsafeBytes { unsafe Array($0.prefix(count)) }
    }

    private static func withDescriptor(
        _ path: String,
        _ flags: CInt,
        _ body: (CInt) -> Bool
    ) throws(DriverError) {
        let file = unsafe open(path, flags | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw DriverError(.hostFailure, "cannot open \(path) (errno \(errno))")
        }
        defer { close(file) }
        guard body(file) else {
            throw DriverError(.hostFailure, "cannot use \(path) (errno \(errno))")
        }
    }
}
