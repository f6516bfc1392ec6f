package import DriverCore

extension Filesystems {
    /// Grows an ext4 file system before it is mounted, if the driver lacks the capability to grow
    /// it mounted.
    ///
    /// With CAP_SYS_RESOURCE the kernel grows it mounted, without a program, and nothing is done
    /// here; xfs and btrfs always grow mounted. The device must not be mounted. Interrupted, it
    /// leaves what e2fsck repairs at the next call.
    package static func growUnmountedIfNeeded(
        _ device: borrowing HeldDevice,
        type: FilesystemType
    ) throws(DriverError) {
        guard type == .ext4, !Capabilities.hold(.sysResource),
            let superblock = try Ext4Superblock(of: device)
        else { return }
        let bytes = UInt64(try device.size().bytes)
        guard superblock.reachableSize(onDeviceOf: bytes) > superblock.size else { return }
        // resize2fs wants a full check since the last mount.
        try succeed(.e2fsck, on: device, ["-f", "-p"], mostExitCode: 3)
        try succeed(.resize2fs, on: device, [], mostExitCode: 0)
    }

    private static func succeed(
        _ program: HostProgram,
        on device: borrowing HeldDevice,
        _ arguments: [String],
        mostExitCode: Int32
    ) throws(DriverError) {
        let command = try HostCommand(
            program,
            arguments: arguments + [HeldDevice.pathInChild]
        )
        let output = try command.run(deadline: growthDeadline, holding: DeviceLock(of: device))
        guard output.exitCode <= mostExitCode else {
            throw DriverError(
                .hostFailure,
                device.naming(
                    "'\(command.description)' failed with exit code \(output.exitCode): "
                        + output.complaint
                )
            )
        }
    }

    /// A full check of a large volume takes long; the operation continues after the deadline of the
    /// RPC.
    private static let growthDeadline = Duration.seconds(3600)
}
