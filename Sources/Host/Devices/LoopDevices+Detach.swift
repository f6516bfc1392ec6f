import CHostShim
package import DriverCore
import Glibc

extension LoopDevices {
    /// Takes the device away from the file and sees it gone; OK where it is gone, or where the
    /// device shows another file by now.
    ///
    /// Throws `inUse`, with the device attached as before, while it is mounted or a program has it
    /// open. Clearing a device that is open elsewhere would only mark it to go with its last
    /// closing, and would still succeed; so the mount table is read first, the device is claimed
    /// exclusively, and a clearing that came to be delayed is taken back.
    package func detach(_ device: LoopDevice, backing: FileIdentity) throws(DriverError) {
        forget(backing)
        guard try Self.shows(device, backing) else { return }
        try Self.refuseMounted(device)
        guard try Self.clear(device, backing) else { return }
        for _ in 0..<Self.looks {
            if try !Self.shows(device, backing) { return }
            // Only a short visitor, udev looking at the device, is worth waiting for.
            usleep(Self.lookIntervalMicroseconds)
        }
        try Self.takeBack(device, backing)
    }

    /// Together two seconds: longer than udev looks at a device, shorter than a caller waits.
    private static let looks = 100
    private static let lookIntervalMicroseconds: UInt32 = 20_000

    private static func shows(_ device: LoopDevice, _ backing: FileIdentity) throws(DriverError)
        -> Bool
    {
        try attachment(at: device)?.backing == backing
    }

    private static func refuseMounted(_ device: LoopDevice) throws(DriverError) {
        let uses = try MountTable.uses(ofDevice: device.path, number: device.number)
        guard let use = uses.first else { return }
        throw DriverError(
            .inUse,
            "\(device.path) is still mounted on \(use.target): unmount it first"
        )
    }

    /// Clears the device while nobody else can mount it; false where it was gone already.
    private static func clear(_ device: LoopDevice, _ backing: FileIdentity) throws(DriverError)
        -> Bool
    {
        do throws(Errno) {
            let node = try LoopNode.openedOrErrno(device, flags: O_RDONLY | O_EXCL)
            // Between the look and the claim it may have been given to another file.
            var status = chost_loop_status()
            let descriptor = node.rawValue
            _ = try Errno.check { unsafe chost_loop_status(descriptor, &status) }
            let found = FileIdentity(device: status.backing_device, inode: status.backing_inode)
            guard found == backing else { return false }
            // The kernel keeps a ban on writes beyond the clearing, for the next user of the device.
            _ = try Errno.check { chost_block_set_read_only(descriptor, false) }
            _ = try Errno.check { chost_loop_clear(descriptor) }
            return true
        } catch {
            if LoopNode.isGone(error) { return false }
            guard error.code == EBUSY else { throw error.failure(to: "detach \(device.path)") }
            throw DriverError(
                .inUse,
                "\(device.path) is in use: mounted in another mount namespace, or held by a "
                    + "program; stop that first"
            )
        }
    }

    /// Undoes a clearing that waits for another program's closing, and says so.
    private static func takeBack(_ device: LoopDevice, _ backing: FileIdentity)
        throws(DriverError)
    {
        do throws(DriverError) {
            try keep(device)
        } catch {
            // It went away just now.
            if try !shows(device, backing) { return }
            throw error
        }
        throw DriverError(
            .inUse,
            "\(device.path) is still open in a program on the node: stop that first"
        )
    }
}
