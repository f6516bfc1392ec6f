import CHostShim
import DriverCore
import Glibc

/// The node of a loop device in /dev.
enum LoopNode {
    static func opened(_ device: LoopDevice, flags: CInt = O_RDONLY) throws(DriverError)
        -> OwnedDescriptor
    {
        do throws(Errno) {
            return try openedOrErrno(device, flags: flags)
        } catch {
            throw error.failure(to: "open \(device.path)")
        }
    }

    /// Opens the node.
    ///
    /// Creates it where the kernel has the device and /dev has no node, as in a container with its
    /// own /dev.
    static func openedOrErrno(_ device: LoopDevice, flags: CInt = O_RDONLY) throws(Errno)
        -> OwnedDescriptor
    {
        do throws(Errno) {
            return try OwnedDescriptor.opened(device.path, flags: flags)
        } catch {
            guard error.code == ENOENT else { throw error }
            // The kernel's word is what counts: ENOENT again where it has no such device.
            _ = try Errno.check { unsafe access("/sys/block/loop\(device.index)", F_OK) }
            try make(device)
            return try OwnedDescriptor.opened(device.path, flags: flags)
        }
    }

    /// The error for a device without a node in /dev; nil where the node is there.
    static func refusal(of node: String, _ reason: Errno) -> DriverError? {
        guard unsafe access(node, F_OK) != 0 else { return nil }
        return DriverError(
            .unavailable,
            "\(node) is not in /dev and cannot be created there (\(reason)); mount the node's own "
                + "/dev in the driver's container, then retry"
        )
    }

    private static func make(_ device: LoopDevice) throws(Errno) {
        do throws(Errno) {
            let number = dev_t(device.number)
            _ = try Errno.check { unsafe mknod(device.path, S_IFBLK | 0o660, number) }
        } catch {
            if error.code != EEXIST { throw error }
        }
    }
}
