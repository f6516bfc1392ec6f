import CHostShim
package import DriverCore
import Glibc

/// Facts and orders of a block device as such.
package enum BlockDevice {
    /// The size that the kernel has for the device now.
    package static func size(of path: String) throws(DriverError) -> ByteCount {
        let device = try opened(path)
        var bytes: UInt64 = 0
        try attempt("read the size of \(path)") {
            unsafe chost_block_size(device.rawValue, &bytes)
        }
        return ByteCount(Int64(clamping: bytes))
    }

    /// Writes what the kernel's cache holds for the device down to its storage.
    package static func flush(_ path: String) throws(DriverError) {
        let device = try opened(path)
        try attempt("flush \(path)") { fsync(device.rawValue) }
    }

    /// Makes the kernel refuse, or accept again, writes by whoever opens the device from now on.
    ///
    /// It holds for the whole device, for every place where its node is shown.
    package static func setReadOnly(_ path: String, _ isReadOnly: Bool) throws(DriverError) {
        let device = try opened(path)
        try attempt("make \(path) \(isReadOnly ? "read-only" : "writable")") {
            chost_block_set_read_only(device.rawValue, isReadOnly)
        }
    }

    package static func isReadOnly(_ path: String) throws(DriverError) -> Bool {
        let device = try opened(path)
        var isReadOnly = false
        try attempt("look whether \(path) is read-only") {
            unsafe chost_block_is_read_only(device.rawValue, &isReadOnly)
        }
        return isReadOnly
    }

    /// Opens a block device for asking, and refuses anything that is none.
    static func opened(_ path: String, flags: CInt = O_RDONLY) throws(DriverError)
        -> OwnedDescriptor
    {
        let device = try OwnedDescriptor(opening: path, flags: flags | O_NONBLOCK)
        guard try FileStatus(of: device, called: path).isBlockDevice else {
            throw DriverError(.hostFailure, "\(path) is no block device")
        }
        return device
    }
}
