import CHostShim
package import DriverCore
import Glibc
import Synchronization

/// Attaches files to loop devices and finds them, with system calls only.
///
/// The kernel is asked each time; memory holds hints only. Other programs, and a second driver
/// while one replaces the other, may use loop devices at the same time. Two calls for the *same*
/// file must not overlap: the caller holds the volume's key.
package final class LoopDevices: Sendable {
    /// The last known device of a file; checked before it is used.
    private let hints = Mutex<[FileIdentity: LoopDevice]>([:])

    package init() {}

    /// Attaches a file, or returns the device to which it is attached.
    ///
    /// Direct I/O is used where it is asked and the backing file system can, with blocks of that
    /// size. An attachment that exists already is answered as it is, unless it is read-only and should not be, or the other
    /// way round: then it throws `inUse`.
    package func attach(
        file path: String,
        directIO: Bool,
        readOnly: Bool,
        blockSize: BlockSize = .bytes512
    ) throws(DriverError) -> LoopDevice {
        let flags = (readOnly ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK
        let file = try OwnedDescriptor(opening: path, flags: flags)
        let status = try FileStatus(of: file, called: path)
        guard status.isRegularFile else {
            throw DriverError(.hostFailure, "cannot attach \(path): it is not a regular file")
        }
        let backing = FileIdentity(device: status.device, inode: status.inode)
        if let existing = try attachment(of: backing) {
            return try Self.accept(existing, path: path, readOnly: readOnly)
        }
        let device = try Self.attachNew(file, path, directIO, readOnly, blockSize)
        hints.withLock { $0[backing] = device }
        return device
    }

    /// The device with the whole of a file attached, if any.
    package func find(backing: FileIdentity) throws(DriverError) -> LoopDevice? {
        try attachment(of: backing)?.device
    }

    /// The same with all that the kernel reports.
    package func attachment(of backing: FileIdentity) throws(DriverError) -> LoopAttachment? {
        if let device = hints.withLock({ $0[backing] }),
            let found = try Self.attachment(at: device), found.backing == backing, found.isWhole
        {
            return found
        }
        let all = try attachments()
        // One look at all of them, as after a restart, serves every later question.
        hints.withLock { hints in
            hints.removeAll(keepingCapacity: true)
            for attachment in all where attachment.isWhole {
                hints[attachment.backing] = attachment.device
            }
        }
        return all.first { $0.backing == backing && $0.isWhole }
    }

    /// Forgets the last known device of a file that is to be detached.
    func forget(_ backing: FileIdentity) { hints.withLock { $0[backing] = nil } }

    /// Forgets a device.
    func forget(_ device: LoopDevice) {
        hints.withLock { hints in hints = hints.filter { $0.value != device } }
    }

    /// All attached loop devices of this host, in order of index, without those whose file is on a
    /// failed file system.
    ///
    /// The kernel does not tell what such a file is, and it is none whose identity was just read: one
    /// dead disk must not hide the devices of all others.
    package func attachments() throws(DriverError) -> [LoopAttachment] {
        var found: [LoopAttachment] = []
        for name in try SystemFile.names(in: "/sys/block") where name.hasBytePrefix("loop") {
            // The attribute exists only where a file is bound.
            guard unsafe access("/sys/block/\(name)/loop/backing_file", F_OK) == 0,
                let index = Int(name.removingBytePrefix("loop") ?? ""),
                let device = try LoopDevice(index: index),
                let attachment = try Self.attachment(at: device, orNilForDeadFile: true)
            else { continue }
            found.append(attachment)
        }
        return found.sorted { $0.device < $1.device }
    }

    /// The attachment of a device; nil where nothing is attached.
    static func attachment(at device: LoopDevice, orNilForDeadFile: Bool = false)
        throws(DriverError) -> LoopAttachment?
    {
        var status = chost_loop_status()
        do throws(Errno) {
            let node = try LoopNode.openedOrErrno(device)
            let descriptor = node.rawValue
            _ = try Errno.check { unsafe chost_loop_status(descriptor, &status) }
        } catch {
            if error.saysGone { return nil }
            if orNilForDeadFile, [EIO, ESHUTDOWN, ESTALE].contains(error.code) { return nil }
            if let refusal = LoopNode.refusal(of: device.path, error) { throw refusal }
            throw error.failure(to: "read what is attached to \(device.path)", .unavailable)
        }
        return LoopAttachment(
            device: device,
            backing: FileIdentity(device: status.backing_device, inode: status.backing_inode),
            isWhole: status.is_whole,
            isReadOnly: status.read_only,
            usesDirectIO: status.direct_io,
            isGoing: status.auto_clear
        )
    }
}

extension LoopDevices {
    /// Attempts to get a free device.
    ///
    /// Each lost one was won by another caller, so a few are enough even
    /// for a node that starts hundreds of pods at once.
    private static let mostAttempts = 512

    private static func accept(_ existing: LoopAttachment, path: String, readOnly: Bool)
        throws(DriverError) -> LoopDevice
    {
        guard existing.isReadOnly == readOnly else {
            throw DriverError(
                .inUse,
                "\(path) is attached as \(existing.device.path), which is "
                    + "\(existing.isReadOnly ? "read-only" : "writable"): detach it first"
            )
        }
        // A detach that another user of the device delayed would take it away under the caller.
        if existing.isGoing { try keep(existing.device) }
        return existing.device
    }

    /// Undoes a detach that waits for the last close of the device.
    static func keep(_ device: LoopDevice) throws(DriverError) {
        let node = try LoopNode.opened(device)
        try attempt("keep \(device.path) attached") { chost_loop_keep(node.rawValue) }
    }

    /// The index of a device that was free a moment ago; the kernel adds one where there is none.
    private static func freeIndex(_ control: borrowing OwnedDescriptor, for path: String)
        throws(DriverError) -> CInt
    {
        let number = control.rawValue
        do throws(Errno) {
            return try Errno.check { chost_loop_get_free(number) }
        } catch {
            // ENOSPC here is about devices, not about anybody's disk.
            throw DriverError(
                .unavailable,
                "there is no free loop device for \(path): \(error); detach loop devices that are "
                    + "not needed (losetup --list), then retry"
            )
        }
    }

    private static func attachNew(
        _ file: borrowing OwnedDescriptor,
        _ path: String,
        _ directIO: Bool,
        _ readOnly: Bool,
        _ blockSize: BlockSize
    ) throws(DriverError) -> LoopDevice {
        let control = try OwnedDescriptor(opening: "/dev/loop-control", flags: O_RDWR)
        let backing = file.rawValue
        for _ in 0..<mostAttempts {
            let index = try freeIndex(control, for: path)
            guard let device = try LoopDevice(index: Int(index)) else { continue }
            do throws(Errno) {
                try bind(
                    backing,
                    path,
                    to: device,
                    directIO: directIO,
                    readOnly: readOnly,
                    blockSize: blockSize
                )
                return device
            } catch {
                // Another program was faster, or the device was removed again.
                if error.code == EBUSY || error.saysGone { continue }
                if let refusal = LoopNode.refusal(of: "/dev/loop\(index)", error) {
                    throw refusal.adding(context: "there is no free loop device for \(path)")
                }
                throw error.failure(to: "attach \(path) to /dev/loop\(index)")
            }
        }
        throw DriverError(
            .unavailable,
            "cannot attach \(path): other programs took \(mostAttempts) free loop devices first; retry"
        )
    }

    /// Attaches a file to a free device.
    static func bind(
        _ backing: CInt,
        _ path: String,
        to device: LoopDevice,
        directIO: Bool,
        readOnly: Bool,
        blockSize: BlockSize = .bytes512
    ) throws(Errno) {
        let node = try LoopNode.openedOrErrno(device, flags: readOnly ? O_RDONLY : O_RDWR)
        let descriptor = node.rawValue
        _ = try Errno.check {
            let size = UInt32(blockSize.rawValue)
            return unsafe chost_loop_configure(
                descriptor,
                backing,
                path,
                readOnly,
                directIO,
                size
            )
        }
        // Whoever had the device before may have left it with writes banned. That is lifted only
        // now: before, the device may be another program's, with a ban that is wanted.
        do throws(Errno) {
            _ = try Errno.check { chost_block_set_read_only(descriptor, false) }
        } catch {
            _ = chost_loop_clear(descriptor)
            throw error
        }
    }
}
