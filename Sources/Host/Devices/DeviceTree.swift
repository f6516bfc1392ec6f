import CHostShim
package import DriverCore
import Glibc

/// The block devices of the kernel, and the devices below them.
package enum DeviceTree {
    /// The number of the block device at a path, as in st_rdev.
    ///
    /// Links are followed: `/dev/mapper/a` and `/dev/dm-3` may be one device.
    package static func number(of path: String) throws(DriverError) -> UInt64 {
        var status = stat()
        try attempt("read the status of \(path)") { unsafe stat(path, &status) }
        guard status.st_mode & S_IFMT == S_IFBLK else {
            throw DriverError(.hostFailure, "\(path) is not a block device")
        }
        return UInt64(status.st_rdev)
    }

    /// The numbers of all devices beneath one, at any depth: the paths of a multipath map, the legs
    /// of an md array, the disks of a device-mapper device.
    package static func beneath(_ number: UInt64) throws(DriverError) -> Set<UInt64> {
        var found: Set<UInt64> = []
        var open = [number]
        while let next = open.popLast() {
            for lower in try slaves(of: next) where found.insert(lower).inserted {
                open.append(lower)
            }
        }
        return found
    }

    /// Whether the kernel has a device-mapper device of that name, from /sys.
    package static func hasMappedDevice(named name: String) throws(DriverError) -> Bool {
        for device in try SystemFile.names(in: "/sys/block") where device.hasBytePrefix("dm-") {
            let shown = try SystemFile.lineIfThere("/sys/block/\(device)/dm/name")
            if shown?.hasSameBytes(as: name) ?? false { return true }
        }
        return false
    }

    /// The device mapper's name of a device that the kernel calls `dm-3`; nil for other devices.
    package static func mappedName(ofDevice name: String) throws(DriverError) -> String? {
        try SystemFile.lineIfThere("/sys/block/\(name)/dm/name")
    }

    private static func slaves(of number: UInt64) throws(DriverError) -> [UInt64] {
        let folder =
            "/sys/dev/block/\(chost_device_major(number)):\(chost_device_minor(number))/slaves"
        // A partition has no such folder.
        guard unsafe access(folder, F_OK) == 0 else { return [] }
        var numbers: [UInt64] = []
        for name in try SystemFile.names(in: folder) {
            let text = String(decoding: try SystemFile.read("\(folder)/\(name)/dev"), as: UTF8.self)
            let parts = text.bytePrefix(before: "\n").byteSplit(separator: ":").compactMap {
                UInt32($0)
            }
            guard parts.count == 2 else {
                throw DriverError(.hostFailure, "cannot parse \(folder)/\(name)/dev: \(text)")
            }
            numbers.append(chost_make_device(parts[0], parts[1]))
        }
        return numbers
    }
}

/// A block device that may be a disk of LVM.
package struct CandidateDisk: Sendable, Hashable {
    /// `/dev/sda`, the kernel's name.
    package let path: String
    /// As in st_rdev.
    package let number: UInt64
}

extension DeviceTree {
    /// Devices without a medium, or that LVM does not use.
    private static let passedOver = ["fd", "sr", "ram", "zram", "mtdblock"]

    /// Every block device of the host with a size, except logical volumes and the loop devices of
    /// tiers: what a tenant writes to these is never a disk of the host.
    package static func candidates() throws(DriverError) -> [CandidateDisk] {
        let tenants = try LoopDevices.volumePaths()
        var found: [CandidateDisk] = []
        for name in try SystemFile.names(in: "/sys/class/block")
        where !passedOver.contains(where: { name.hasBytePrefix($0) }) {
            let folder = "/sys/class/block/\(name)"
            let path = "/dev/" + name.byteSplit(separator: "!").joined(separator: "/")
            let uuid = try SystemFile.lineIfThere("\(folder)/dm/uuid")
            let size = try SystemFile.lineIfThere("\(folder)/size").flatMap { UInt64($0) }
            guard !(uuid?.hasBytePrefix("LVM-") ?? false), !tenants.contains(path), size ?? 0 > 0,
                // What has no node in /dev cannot be read, by LVM neither.
                let number = try? number(of: path)
            else { continue }
            found.append(CandidateDisk(path: path, number: number))
        }
        return found
    }
}
