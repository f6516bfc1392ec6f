import CHostShim
package import DriverCore
import Glibc

/// Overwrites a block device that is open exclusively.
package struct BlockFill: ~Copyable {
    /// How a range is made to read as zeros.
    package enum Zeroing: Sendable, Hashable {
        /// Writes zeros, or uses a command of the device with the same effect.
        case writing
        /// Discards the range, if the device promises that it then reads as zeros; otherwise the
        /// kernel refuses.
        case discarding
    }

    /// The bytes between two checks whether the driver is stopping: a second's work of a slow disk.
    private static let step = Int64(64 << 20)
    private static let copyStep = 4 << 20

    private let device: OwnedDescriptor
    private let path: String

    /// Opens the device exclusively: it cannot be mounted or filled by another call meanwhile.
    package init(of held: borrowing HeldDevice) throws(DriverError) {
        do throws(Errno) {
            device = try held.reopened(flags: O_RDWR | O_EXCL | O_NONBLOCK | chost_O_DIRECT)
        } catch {
            throw error.failure(
                to: "open \(held.path) exclusively",
                error.code == EBUSY ? .operationPending : nil
            )
        }
        path = held.path
    }

    /// Makes the bytes from `start` to `end` read as zeros.
    ///
    /// Throws `unsupported` where that is asked of a discard, and the device does not promise it.
    package func zero(
        from start: ByteCount,
        to end: ByteCount,
        by zeroing: Zeroing,
        progress: Progress
    ) throws(DriverError) {
        var offset = start.bytes
        while offset < end.bytes {
            try progress.checkStop()
            let count = min(Self.step, end.bytes - offset)
            try zero(offset, count, by: zeroing)
            offset += count
            progress.update(done: ByteCount(offset), total: end)
            try Failpoint.pass(.devicePartZeroed)
        }
    }

    private func zero(_ offset: Int64, _ count: Int64, by zeroing: Zeroing) throws(DriverError) {
        do throws(Errno) {
            _ = try Errno.check {
                chost_block_zero(device.rawValue, offset, count, zeroing == .discarding)
            }
        } catch {
            let isRefused = zeroing == .discarding && error.code == EOPNOTSUPP
            throw error.failure(
                to: "write zeros to \(path) at byte \(offset)",
                isRefused ? .unsupported : nil
            )
        }
    }

    /// Copies the first `size` bytes of another device to this one.
    package func copy(
        from source: borrowing HeldDevice,
        size: ByteCount,
        progress: Progress
    ) throws(DriverError) {
        let name = source.path
        let reading: OwnedDescriptor
        do throws(Errno) {
            reading = try source.reopened(flags: O_RDONLY | chost_O_DIRECT)
        } catch {
            throw error.failure(to: "open \(name)")
        }
        // Direct I/O asks for memory aligned to the device's block, which is 4096 at most here.
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.copyStep,
            alignment: 4096
        )
        defer { unsafe buffer.deallocate() }
        var offset = Int64(0)
        while offset < size.bytes {
            try progress.checkStop()
            let count = Int(min(Int64(buffer.count), size.bytes - offset))
            let block = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            try unsafe move(block, from: reading, called: name, at: offset)
            offset += Int64(count)
            progress.update(done: ByteCount(offset), total: size)
            try Failpoint.pass(.devicePartCopied)
        }
    }

    /// Returns when everything written is on the disk.
    package func synchronize() throws(DriverError) {
        try attempt("flush \(path)") { fsync(device.rawValue) }
    }

    private func move(
        _ block: UnsafeMutableRawBufferPointer,
        from source: borrowing OwnedDescriptor,
        called name: String,
        at offset: Int64
    ) throws(DriverError) {
        try unsafe Self.whole(block, "read \(name) at byte \(offset)") { rest, done in
            unsafe pread(source.rawValue, rest.baseAddress, rest.count, off_t(offset) + done)
        }
        try unsafe Self.whole(block, "write \(path) at byte \(offset)") { rest, done in
            unsafe pwrite(device.rawValue, rest.baseAddress, rest.count, off_t(offset) + done)
        }
    }

    /// Repeats a call that may process less than requested, until the whole block is done.
    private static func whole(
        _ block: UnsafeMutableRawBufferPointer,
        _ operation: String,
        _ call: (UnsafeMutableRawBufferPointer, Int) -> Int
    ) throws(DriverError) {
        var done = 0
        while done < block.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: block[done...])
            let count = try attempt(operation) { unsafe call(rest, done) }
            guard count > 0 else {
                throw DriverError(.hostFailure, "cannot \(operation): the device ends there")
            }
            done += count
        }
    }
}
