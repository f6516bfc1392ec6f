import CHostShim
package import DriverCore
import Glibc

extension LoopDevices {
    /// Detaches the device from the file and verifies it; does nothing where it is detached, or has
    /// another file by now.
    ///
    /// Throws `inUse`, with the device attached as before, while it is mounted in any mount
    /// namespace that is seen, or a program has it open; what goes by itself is waited for. Clearing
    /// a device that is open elsewhere would only mark it to go with its last closing, and would
    /// still succeed; so the mount tables are read first, the device is claimed exclusively, and a
    /// clearing that came to be delayed is taken back.
    package func detach(_ device: LoopDevice, backing: FileIdentity) throws(DriverError) {
        forget(backing)
        try Self.detach(device, showing: .file(backing))
    }

    /// The same for a device that is known by the kernel's name of its file.
    ///
    /// Needs nothing of the file itself, whose disk may be away.
    package func detach(_ device: LoopDevice, showing file: LoopFile) throws(DriverError) {
        forget(device)
        try Self.detach(device, showing: .name(file))
    }

    /// What must be attached to a device for it to be detached.
    private enum Contents {
        case file(FileIdentity)
        case name(LoopFile)
    }

    private static func detach(_ device: LoopDevice, showing contents: Contents)
        throws(DriverError)
    {
        guard try shows(device, contents) else { return }
        try DeviceUse.refuse(
            ofDevice: device.path,
            number: device.number,
            patience: patience
        ) { () throws(DriverError) in try !clear(device, contents) }
        for _ in 0..<looks {
            if try !shows(device, contents) { return }
            // Only a short visitor, udev looking at the device, is worth waiting for.
            usleep(lookIntervalMicroseconds)
        }
        try takeBack(device, contents)
    }

    /// Longer than the namespaces of a container take to end, shorter than a caller waits.
    private static let patience = Duration.seconds(2)
    /// Together two seconds: longer than a probe by udev, shorter than a caller waits.
    private static let looks = 100
    private static let lookIntervalMicroseconds: UInt32 = 20_000

    private static func shows(_ device: LoopDevice, _ contents: Contents) throws(DriverError)
        -> Bool
    {
        switch contents {
        case .file(let backing): try attachment(at: device)?.backing == backing
        case .name(let file): try device.file() == file
        }
    }

    /// Detaches the device while it cannot be mounted, unless it is detached already; false where
    /// it is open.
    private static func clear(_ device: LoopDevice, _ contents: Contents) throws(DriverError)
        -> Bool
    {
        let isStill: Result<Bool, DriverError>
        do throws(Errno) {
            let node = try LoopNode.openedOrErrno(device, flags: O_RDONLY | O_EXCL)
            let descriptor = node.rawValue
            // Between the look and the claim it may have been given to another file.
            isStill = Result { () throws(DriverError) in try shows(device, contents) }
            if case .success(true) = isStill {
                // The kernel keeps a ban on writes beyond the clearing, for the next user.
                _ = try Errno.check { chost_block_set_read_only(descriptor, false) }
                _ = try Errno.check { chost_loop_clear(descriptor) }
            }
        } catch {
            if error.saysGone { return true }
            guard error.code == EBUSY else { throw error.failure(to: "detach \(device.path)") }
            return false
        }
        _ = try isStill.get()
        return true
    }

    /// Undoes a detach that waits for another program to close the device, and reports that.
    private static func takeBack(_ device: LoopDevice, _ contents: Contents)
        throws(DriverError)
    {
        do throws(DriverError) {
            try keep(device)
        } catch {
            // It went away just now.
            if try !shows(device, contents) { return }
            throw error
        }
        let holder = ProcessHolder.opening(device.path).map { "\($0)" } ?? "a program on the node"
        throw DriverError(.inUse, "\(device.path) is still open in \(holder): stop it first")
    }
}
