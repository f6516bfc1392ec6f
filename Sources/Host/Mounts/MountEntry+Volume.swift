import CHostShim
package import DriverCore

/// A volume and its device: two drivers of one host may have the same id.
package struct MountedVolume: Sendable, Hashable {
    package let id: VolumeID
    /// `/dev/loop3` or `/dev/dm-3`.
    package let device: String
}

extension MountEntry {
    /// The volume that is mounted here, as a file system or as a device node; nil for others.
    ///
    /// From the kernel's names of the device and of its backing file.
    ///
    /// For reports, never for decisions.
    package func volume() throws(DriverError) -> MountedVolume? {
        guard let device = deviceName, let id = try Self.volume(ofDevice: device) else {
            return nil
        }
        return MountedVolume(id: id, device: "/dev/\(device)")
    }

    private static func volume(ofDevice device: String) throws(DriverError) -> VolumeID? {
        if let index = Int(device.removingBytePrefix("loop") ?? "") {
            return try LoopDevice(index: index)?.file()?.volume
        }
        return try SystemFile.lineIfThere("/sys/block/\(device)/dm/name")
            .flatMap(volume(ofMappedDevice:))
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

    /// The volume in the device-mapper name of a logical volume, `group-volume` with doubled
    /// dashes.
    static func volume(ofMappedDevice name: String) -> VolumeID? {
        let dash = UInt8(ascii: "-")
        var parts: [[UInt8]] = [[]]
        var bytes = name.utf8[...]
        while let byte = bytes.popFirst() {
            if byte != dash {
                parts[parts.count - 1].append(byte)
            } else if bytes.first == dash {
                bytes.removeFirst()
                parts[parts.count - 1].append(dash)
            } else {
                parts.append([])
            }
        }
        guard parts.count == 2 else { return nil }
        return VolumeID(parsing: String(decoding: parts[1], as: UTF8.self))
    }
}
