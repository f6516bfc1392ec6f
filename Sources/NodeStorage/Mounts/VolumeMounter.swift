internal import Backend
package import DriverCore
package import Host
package import Logging

/// Attaches, prepares and mounts a volume's file system at one path.
///
/// For stage, and for inline volumes, which are mounted directly at their target.
package struct VolumeMounter {
    let volume: Tiers.LocatedVolume
    let logger: Logger

    package init(volume: Tiers.LocatedVolume, logger: Logger) {
        self.volume = volume
        self.logger = logger
    }

    /// Mounts and grows the file system to its volume.
    ///
    /// A failure leaves nothing mounted and the device detached, as after a final error kubelet may
    /// not unstage.
    package func mount(at target: TargetPath, access: VolumeAccess, readOnly: Bool)
        throws(DriverError)
    {
        let device = try volume.devices.open()
        do throws(DriverError) {
            try prepareAndMount(device, at: target, access: access, readOnly: readOnly)
        } catch {
            // Held, it would be in use.
            device.release()
            throw error.afterUndoing { () throws(DriverError) in
                try volume.devices.close()
            }
        }
    }

    private func prepareAndMount(
        _ device: borrowing HeldDevice,
        at target: TargetPath,
        access: VolumeAccess,
        readOnly: Bool
    ) throws(DriverError) {
        try Failpoint.pass(.stageAttached)
        // A device that was found attached may have been published read-only before.
        try device.setReadOnly(false)
        let type = try VolumePreparation(volume: volume, logger: logger).run(on: device)
        try mount(device, type, at: target, access: access, readOnly: readOnly)
    }

    /// Completes what an interrupted ``mount(at:access:readOnly:)`` left.
    package func finish(at target: TargetPath, readOnly: Bool) throws(DriverError) {
        guard !readOnly, let type = volume.record.filesystem else { return }
        do throws(DriverError) {
            try Filesystems.grow(mountedAt: target.path, type: type)
        } catch {
            throw error.leavingSomething("an earlier call has mounted it at \(target)")
        }
    }

    private func mount(
        _ device: borrowing HeldDevice,
        _ type: FilesystemType,
        at target: TargetPath,
        access: VolumeAccess,
        readOnly: Bool
    ) throws(DriverError) {
        try Mounts.mount(
            device,
            at: target,
            filesystem: type,
            flags: flags(access, type),
            readOnly: readOnly
        )
        do throws(DriverError) {
            try Failpoint.pass(.stageMounted)
            if !readOnly { try Filesystems.grow(mountedAt: target.path, type: type) }
            try device.confirm()
            try Failpoint.pass(.stageGrown)
        } catch {
            throw error.afterUndoing { () throws(DriverError) in try Mounts.unmount(target) }
        }
    }

    /// A copy of an XFS file system carries its source's UUID, which XFS mounts only once.
    private func flags(_ access: VolumeAccess, _ type: FilesystemType) -> [String] {
        let isCopy = type == .xfs && volume.record.source != nil
        return access.mountFlags + (isCopy ? ["nouuid"] : [])
    }
}
