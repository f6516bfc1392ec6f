import DriverCore
import Glibc
import Host
import Synchronization

/// The disk of the guest that tests divide among them: the one of `scripts/vm --scratch`.
enum ScratchDisk {
    static let path = "/dev/vda"
    /// What LVM would find there would be the whole disk's, too.
    private static let firstOffset: Int64 = 1 << 20
    private static let taken = Mutex<[Range<Int64>]>([])

    /// The offset of a stretch that nobody else has, in bytes.
    static func take(_ size: ByteCount) throws(DriverError) -> Int64 {
        let end = try BlockDevice.size(of: path).bytes
        let offset: Int64? = taken.withLock { taken in
            var offset = firstOffset
            for range in taken {
                if range.lowerBound - offset >= size.bytes { break }
                offset = range.upperBound
            }
            guard end - offset >= size.bytes else { return nil }
            taken.append(offset..<offset + size.bytes)
            taken.sort { $0.lowerBound < $1.lowerBound }
            return offset
        }
        guard let offset else {
            throw DriverError(
                .outOfSpace,
                "\(path) has no \(size) left: raise --scratch of the ring"
            )
        }
        return offset
    }

    static func giveBack(at offset: Int64) {
        taken.withLock { taken in taken.removeAll { $0.lowerBound == offset } }
    }
}
