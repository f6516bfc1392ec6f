import CHostShim
package import DriverCore
import Glibc

/// A block device that stays open from its attach to the last use, so that its number is not
/// reused.
///
/// Names like `/dev/loop3` and `/dev/dm-3` change hands. While a device is open the kernel gives its
/// number to nobody else: the detach of a loop device waits for the last closing, and the device
/// mapper refuses to remove a device. So what was verified after the opening stays true, and the
/// name leads to this device, for as long as the value lives. Everything that reads or writes the
/// device goes through the descriptor.
package struct HeldDevice: ~Copyable, Sendable {
    /// `/dev/loop3`.
    package let path: String
    /// The kernel's number of it, as in st_rdev of the open device.
    package let number: UInt64
    let descriptor: OwnedDescriptor
    /// The backing file of a loop device; nil for other devices.
    private let backing: FileIdentity?

    /// Opens the block device that has the name now; the caller verifies what it is.
    package init(opening path: String) throws(DriverError) {
        try self.init(adopting: OwnedDescriptor(opening: path, flags: Self.flags), path, nil)
    }

    init(
        adopting descriptor: consuming OwnedDescriptor,
        _ path: String,
        _ backing: FileIdentity?
    ) throws(DriverError) {
        let status = try FileStatus(of: descriptor, called: path)
        guard status.isBlockDevice else {
            throw DriverError(.hostFailure, "\(path) is not a block device")
        }
        self.path = path
        number = status.deviceNumber
        self.descriptor = descriptor
        self.backing = backing
    }

    /// Read-only, so that udev does not probe the device when it is closed.
    static let flags = O_RDONLY | O_NONBLOCK

    /// Closes the device before the end of the scope, for a detach.
    package consuming func release() {}

    /// The path by which a child finds the descriptor that it inherits as its third.
    ///
    /// The programs for ext4 and xfs take it as they take a name. Those of btrfs make the kernel
    /// remember the path that they are given as the name of the device, so they get the real one.
    static let pathInChild = "/proc/self/fd/3"

    /// A program's message about its third descriptor, with the name of the device instead.
    func naming(_ text: String) -> String { text.replacingBytes(Self.pathInChild, with: path) }

    /// Opens the same device again with other flags, even if its name leads elsewhere now.
    func reopened(flags: CInt) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor.opened("/proc/self/fd/\(descriptor.rawValue)", flags: flags)
    }

    /// Verifies a loop device again, and undoes a detach that waits for its last close.
    ///
    /// To be called before success is answered, while what uses the device next is in place.
    package func confirm() throws(DriverError) {
        guard let backing else { return }
        let status = try loopStatus()
        try Self.check(status, shows: backing, path)
        guard status.auto_clear else { return }
        try attempt("keep \(path) attached") { chost_loop_keep(descriptor.rawValue) }
    }

    private func loopStatus() throws(DriverError) -> chost_loop_status {
        var status = chost_loop_status()
        do throws(Errno) {
            _ = try Errno.check { unsafe chost_loop_status(descriptor.rawValue, &status) }
        } catch {
            guard error.saysGone else {
                throw error.failure(to: "read what is attached to \(path)", .unavailable)
            }
            throw Self.lost(path)
        }
        return status
    }

    private static func check(
        _ status: chost_loop_status,
        shows backing: FileIdentity,
        _ path: String
    ) throws(DriverError) {
        let found = FileIdentity(device: status.backing_device, inode: status.backing_inode)
        guard found == backing, status.is_whole else { throw lost(path) }
    }

    private static func lost(_ path: String) -> DriverError {
        DriverError(
            .operationPending,
            "another program detached \(path), or attached another file to it, while the driver "
                + "used it; find out which program detaches loop devices on the node, and retry"
        )
    }
}

/// Loop devices.
extension HeldDevice {
    /// Opens a loop device and verifies through the descriptor that it has the whole of a file.
    package static func loop(_ device: LoopDevice, showing backing: FileIdentity)
        throws(DriverError) -> HeldDevice
    {
        let held = try HeldDevice(adopting: opened(device), device.path, backing)
        try check(held.loopStatus(), shows: backing, device.path)
        return held
    }

    private static func opened(_ device: LoopDevice) throws(DriverError) -> OwnedDescriptor {
        do throws(Errno) {
            return try LoopNode.openedOrErrno(device, flags: flags)
        } catch {
            if error.saysGone { throw lost(device.path) }
            throw error.failure(to: "open \(device.path)")
        }
    }

    /// Makes the loop device use the new size of its file.
    package func takeOverFileSize() throws(DriverError) {
        try attempt("update the size of \(path)") {
            chost_loop_set_capacity(descriptor.rawValue)
        }
    }
}

/// Properties of any block device.
extension HeldDevice {
    /// The size of the device in the kernel.
    package func size() throws(DriverError) -> ByteCount {
        var bytes: UInt64 = 0
        try attempt("read the size of \(path)") {
            unsafe chost_block_size(descriptor.rawValue, &bytes)
        }
        return ByteCount(Int64(clamping: bytes))
    }

    /// Writes the kernel's cache of the device to its storage.
    package func flush() throws(DriverError) {
        try attempt("flush \(path)") { fsync(descriptor.rawValue) }
    }

    /// Makes the kernel refuse or accept writes of processes that open the device from now on.
    ///
    /// It holds for the whole device, for every place where its node is shown.
    package func setReadOnly(_ isReadOnly: Bool) throws(DriverError) {
        try attempt("make \(path) \(isReadOnly ? "read-only" : "writable")") {
            chost_block_set_read_only(descriptor.rawValue, isReadOnly)
        }
    }

    package func isReadOnly() throws(DriverError) -> Bool {
        var isReadOnly = false
        try attempt("read whether \(path) is read-only") {
            unsafe chost_block_is_read_only(descriptor.rawValue, &isReadOnly)
        }
        return isReadOnly
    }
}
