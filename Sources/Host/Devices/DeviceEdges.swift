import CHostShim
import DriverCore
import Glibc

/// The first and the last MiB of a device, where every known format has its signatures.
enum DeviceEdges {
    static let length = 1 << 20

    /// Whether both hold nothing but zeros; throws where they cannot be read in full.
    static func areZero(of device: borrowing HeldDevice) throws(DriverError) -> Bool {
        let size = try device.size().bytes
        guard size > 0 else { throw DriverError(.hostFailure, "\(device.path) has no size") }
        let node = try openedForReading(device)
        let count = min(Int64(length), size)
        for offset in [0, size - count] {
            let isEdgeZero = try isZero(node, device.path, at: offset, count: Int(count))
            guard isEdgeZero else { return false }
        }
        return true
    }

    /// Reads without the page cache if possible, so that the stored bytes count.
    private static func openedForReading(_ device: borrowing HeldDevice) throws(DriverError)
        -> OwnedDescriptor
    {
        do throws(Errno) {
            return try device.reopened(flags: O_RDONLY | chost_O_DIRECT)
        } catch {
            guard error.code == EINVAL else { throw error.failure(to: "open \(device.path)") }
        }
        do throws(Errno) {
            return try device.reopened(flags: O_RDONLY)
        } catch {
            throw error.failure(to: "open \(device.path)")
        }
    }

    private static func isZero(
        _ node: borrowing OwnedDescriptor,
        _ device: String,
        at offset: Int64,
        count: Int
    ) throws(DriverError) -> Bool {
        // Direct I/O asks for memory aligned to the device's block, which is 4096 at most here.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
        defer { unsafe buffer.deallocate() }
        var done = 0
        while done < count {
            let got = try attempt("read \(device) at byte \(offset)") {
                unsafe pread(
                    node.rawValue,
                    buffer.baseAddress?.advanced(by: done),
                    count - done,
                    off_t(offset) + done
                )
            }
            guard got > 0 else {
                throw DriverError(.hostFailure, "\(device) ends before the size that it reports")
            }
            done += got
        }
        guard let bytes = buffer.baseAddress else { return true }
        // All bytes equal the first where the block equals itself one byte further on.
        return unsafe buffer[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0
    }
}
