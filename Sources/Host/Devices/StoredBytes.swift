import CHostShim
package import DriverCore
import Glibc

/// Reads the stored bytes of a device, without the page cache if possible.
package enum StoredBytes {
    /// Direct I/O needs offsets and memory aligned to the device's block, at most 4096 here.
    private static let block: Int64 = 4096

    /// Reads a range of a device or file; the part after its end is left out.
    ///
    /// Throws `unavailable` for whatever it is that keeps the device from answering.
    package static func read(_ path: String, at offset: Int64, count: Int) throws(DriverError)
        -> [UInt8]
    {
        let first = offset - offset % block
        let wanted = offset - first + Int64(count)
        let padded = (wanted + block - 1) / block * block
        do throws(Errno) {
            let bytes = try read(path, first, Int(padded))
            return Array(bytes.dropFirst(Int(offset - first)).prefix(count))
        } catch {
            throw error.failure(to: "read \(path) at byte \(offset)", .unavailable)
        }
    }

    private static func read(_ path: String, _ offset: Int64, _ count: Int) throws(Errno)
        -> [UInt8]
    {
        let node = try opened(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: count,
            alignment: Int(block)
        )
        defer { unsafe buffer.deallocate() }
        var done = 0
        while done < count {
            let got = try Errno.check {
                unsafe pread(
                    node.rawValue,
                    buffer.baseAddress?.advanced(by: done),
                    count - done,
                    off_t(offset) + done
                )
            }
            guard got > 0 else { break }
            done += got
            // The end of a device whose size is no multiple of the block.
            guard got.isMultiple(of: 512) else { break }
        }
        return unsafe Array(buffer.prefix(done))
    }

    private static func opened(_ path: String) throws(Errno) -> OwnedDescriptor {
        do {
            return try OwnedDescriptor.opened(path, flags: O_RDONLY | O_NONBLOCK | chost_O_DIRECT)
        } catch {
            guard error.code == EINVAL else { throw error }
            return try OwnedDescriptor.opened(path, flags: O_RDONLY | O_NONBLOCK)
        }
    }
}
