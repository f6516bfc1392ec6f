package import DriverCore
import Glibc

extension Filesystems {
    /// Runs e2fsck if the ext4 superblock asks for it; true when it ran.
    ///
    /// The superblock is read in process, so a healthy file system costs no program. xfs and btrfs
    /// replay their logs when they are mounted, and their checkers are for people. The device must
    /// not be mounted. Throws `hostFailure` where e2fsck cannot repair it by itself; nothing but
    /// what `e2fsck -p` holds safe was changed then.
    package static func checkIfAsked(_ device: borrowing HeldDevice, type: FilesystemType)
        throws(DriverError) -> Bool
    {
        guard type == .ext4, let superblock = try Ext4Superblock(of: device) else { return false }
        let now = UInt64(clamping: time(nil))
        guard let reason = superblock.reasonForCheck(secondsSince1970: now) else { return false }
        let command = try HostCommand(
            .e2fsck,
            arguments: ["-p", HeldDevice.pathInChild]
        )
        let output = try command.run(deadline: checkDeadline, holding: DeviceLock(of: device))
        // e2fsck(8): 1 and 2 are sums of "corrected" and "reboot", which only a root file system
        // needs; 4 and above are what it left.
        guard output.exitCode < 4 else {
            throw DriverError(
                .hostFailure,
                "the file system on \(device.path) needs a check (\(reason)), and 'e2fsck -p' failed "
                    + "with exit code \(output.exitCode): \(device.naming(output.complaint)); take a "
                    + "snapshot, then run 'e2fsck \(device.path)' on the node by hand"
            )
        }
        return true
    }

    /// A full check of a large volume takes long; the operation continues after the deadline of the
    /// RPC.
    private static let checkDeadline = Duration.seconds(3600)

    /// Gives a btrfs copy a new UUID, because the kernel does not mount it while its source is
    /// mounted otherwise.
    ///
    /// The device must not be mounted. xfs is mounted with `nouuid` instead, and ext4 does not mind. It may run again.
    package static func prepareCopy(on device: borrowing HeldDevice, type: FilesystemType)
        throws(DriverError)
    {
        guard type == .btrfs else { return }
        // By its real name, see HeldDevice.pathInChild. -m writes a new fsid into the superblocks
        // alone; -u would rewrite all metadata.
        let command = try HostCommand(.btrfstune, arguments: ["-m", device.path])
        let output = try exclusively(on: device) { () throws(DriverError) in
            try command.run(deadline: identityDeadline, holding: DeviceLock(of: device))
        }
        guard output.exitCode == 0 else {
            throw DriverError(
                .hostFailure,
                "'\(command.description)' failed with exit code \(output.exitCode): "
                    + output.complaint
            )
        }
    }

    private static let identityDeadline = Duration.seconds(120)

    /// Runs the body while nothing is mounted from the device, and nothing can be.
    private static func exclusively<Result>(
        on device: borrowing HeldDevice,
        _ body: () throws(DriverError) -> Result
    ) throws(DriverError) -> Result {
        let exclusive: OwnedDescriptor
        do throws(Errno) {
            exclusive = try device.reopened(flags: O_RDONLY | O_EXCL | O_NONBLOCK)
        } catch {
            throw error.failure(to: "open \(device.path) exclusively")
        }
        let result = try body()
        _ = consume exclusive
        return result
    }
}
