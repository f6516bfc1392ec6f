import DriverCore
import Host

/// What the kernel's names of mapped devices tell.
enum MappedName {
    /// The volume behind a device that the kernel calls `dm-3`; nil for other devices.
    static func volume(ofDevice name: String) throws(DriverError) -> VolumeID? {
        try DeviceTree.mappedName(ofDevice: name).flatMap(volume(in:))
    }

    /// The volume in the device-mapper name of a logical volume, `group-volume` with doubled
    /// dashes.
    static func volume(in name: String) -> VolumeID? {
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
