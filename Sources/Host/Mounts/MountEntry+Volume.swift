import CHostShim
package import DriverCore

/// A volume and its device: two drivers of one host may have the same id.
package struct MountedVolume: Sendable, Hashable {
    package let id: VolumeID
    /// `/dev/loop3` or `/dev/dm-3`.
    package let device: String
}

/// Tells the volume of Cairn behind a block device by the name that the kernel gives it (`loop3`,
/// `dm-3`); nil for the devices of others.
///
/// Each kind of storage knows its own devices. For reports, never for decisions.
package typealias VolumeOfDevice = (_ name: String) throws(DriverError) -> VolumeID?

extension MountEntry {
    /// The volume of Cairn that is mounted here as a file system or as a device node; nil for others.
    func volume(_ naming: VolumeOfDevice) throws(DriverError) -> MountedVolume? {
        guard let device = deviceName, let id = try naming(device) else { return nil }
        return MountedVolume(id: id, device: "/dev/\(device)")
    }

    /// `loop3` or `dm-3`; nil for other sources.
    private var deviceName: String? {
        if DeviceMounts.nodeHolders.contains(fsType) {
            let parts = root.byteSplit(separator: "/")
            return parts.count == 1 ? parts.first.map(String.init) : nil
        }
        let major = chost_device_major(device)
        guard major != 0 else { return source.byteSplit(separator: "/").last.map(String.init) }
        let link = SystemFile.link("/sys/dev/block/\(major):\(chost_device_minor(device))")
        return link?.byteSplit(separator: "/").last.map(String.init)
    }
}
