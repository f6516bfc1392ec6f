import DriverCore
import Glibc

/// A lock on a block device that outlives the driver: the program that the driver starts also holds
/// it.
///
/// mkfs.btrfs does not open its device exclusively. Where the driver is killed and mkfs is not, the
/// next driver finds the lock taken and leaves the device alone. systemd's udevd honours the same
/// lock, and takes it shared for the moment in which it probes a new device.
/// Source: systemd, "Locking Block Device Access".
struct DeviceLock: ~Copyable {
    private let device: OwnedDescriptor

    /// Open for as long as the lock is held.
    var descriptor: CInt { device.rawValue }

    /// Throws `operationPending` where a program still works on the device.
    ///
    /// It is an opening of its own, so that the lock ends with it while the device is still held.
    init(of held: borrowing HeldDevice) throws(DriverError) {
        let opened: OwnedDescriptor
        do throws(Errno) {
            opened = try held.reopened(flags: O_RDONLY | O_NONBLOCK)
        } catch {
            throw error.failure(to: "open \(held.path)")
        }
        try Self.take(opened, held.path)
        device = opened
    }

    private static func take(_ device: borrowing OwnedDescriptor, _ path: String)
        throws(DriverError)
    {
        for _ in 0..<attempts {
            if flock(device.rawValue, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw Errno(code: errno).failure(to: "lock \(path)")
            }
            usleep(pauseMicroseconds)
        }
        throw DriverError(
            .operationPending,
            "a program that an earlier driver process started still uses \(path); retry when it "
                + "has ended, or kill it"
        )
    }

    /// Two seconds in all: far longer than a probe.
    private static let attempts = 40
    private static let pauseMicroseconds: useconds_t = 50_000
}
