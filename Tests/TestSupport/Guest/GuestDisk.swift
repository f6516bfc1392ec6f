package import DriverCore
import Glibc
import Synchronization

/// A disk of one test: a stretch of the guest's scratch disk, blank at first, whose table the test
/// may change to make it fail.
package final class GuestDisk: Sendable {
    /// How the disk behaves.
    package enum Behaviour: Sendable, Hashable {
        case healthy
        /// Each read and write is an I/O error.
        case failing
        /// Writes are errors, reads are not.
        case failingWrites
        /// Writes are acknowledged and forgotten, as by a cache that loses its power.
        case droppingWrites
        /// Discards are taken, and nothing is promised of what is read afterwards.
        case promisingNoZeros
        /// Each read and write takes that long.
        case slow(milliseconds: Int)
    }

    package let name: String
    package let size: ByteCount
    package var path: String { "/dev/mapper/\(name)" }
    private let offset: Int64
    /// Nil while it is being changed, or where that failed.
    private let behaviour = Mutex<Behaviour?>(.healthy)
    private static let count = Mutex(0)

    package init(size: ByteCount) throws(DriverError) {
        try Guest.require()
        let number = Self.count.withLock { count -> Int in
            count += 1
            return count
        }
        // LVM of the guest looks at disks of this name; see scripts/guest/lvm.conf.
        name = "pv-\(number)"
        self.size = size
        offset = try ScratchDisk.take(size)
        do {
            try mapper("create", name, "--table", table(.healthy))
        } catch {
            ScratchDisk.giveBack(at: offset)
            throw error
        }
    }

    /// Changes what reads and writes meet from now on; those under way end first or not at all.
    package func behave(_ behaviour: Behaviour) throws(DriverError) {
        guard self.behaviour.withLock({ $0 != behaviour }) else { return }
        try suspend()
        try mapper("load", name, "--table", table(behaviour))
        try resume()
        self.behaviour.withLock { $0 = behaviour }
    }

    /// Makes reads and writes wait until ``resume()``.
    package func suspend() throws(DriverError) {
        behaviour.withLock { $0 = nil }
        try mapper("suspend", "--noflush", "--nolockfs", name)
    }

    package func resume() throws(DriverError) { try mapper("resume", name) }

    /// Forgets what is on it and takes it away; a disk that is held stays, and the ring says so.
    package func remove() {
        do {
            try behave(.healthy)
            try Guest.run("blkdiscard", ["--force", path])
            try mapper("remove", "--retry", name)
            ScratchDisk.giveBack(at: offset)
        } catch {
            // The next test takes another stretch.
        }
    }

    /// One line of a device mapper table; its units are sectors of 512 bytes.
    private func table(_ behaviour: Behaviour) -> String {
        let range = "0 \(size.bytes / 512)"
        let place = "\(ScratchDisk.path) \(offset / 512)"
        return switch behaviour {
        case .healthy: "\(range) linear \(place)"
        case .failing: "\(range) error"
        // Up for no second, then down for longer than any test.
        case .failingWrites: "\(range) flakey \(place) 0 86400 1 error_writes"
        case .droppingWrites: "\(range) flakey \(place) 0 86400 1 drop_writes"
        // Passes on at once, but for the command that writes zeros: the kernel sees none.
        case .promisingNoZeros: "\(range) delay \(place) 0"
        case .slow(let milliseconds): "\(range) delay \(place) \(milliseconds)"
        }
    }

    /// Nobody else makes the device nodes where there is no udev, so dmsetup has to.
    private func mapper(_ arguments: String...) throws(DriverError) {
        try Guest.run("dmsetup", ["--noudevsync", "--verifyudev"] + arguments)
    }
}
