import CHostShim
import DriverCore
import Glibc

extension Mounts {
    /// Throws where a new mount, which is still detached, is not that of the held device.
    static func verify(
        _ mount: borrowing OwnedDescriptor,
        isOf device: borrowing HeldDevice,
        _ filesystem: FilesystemType
    ) throws(DriverError) {
        let number =
            switch filesystem {
            case .ext4, .xfs: try FileStatus(of: mount, called: device.path).device
            case .btrfs: try deviceNumber(ofBtrfs: mount, device.path)
            }
        guard number == device.number else {
            throw DriverError(
                .operationPending,
                "the file system mounted from \(device.path) is on another device: another program "
                    + "may change /dev on the node; nothing was changed; retry"
            )
        }
    }

    /// btrfs has a device number of its own, so the kernel's list of its devices is read.
    private static func deviceNumber(
        ofBtrfs mount: borrowing OwnedDescriptor,
        _ path: String
    ) throws(DriverError) -> UInt64? {
        var id = [UInt8](repeating: 0, count: Int(chost_btrfs_id_size))
        var count: UInt64 = 0
        // The descriptor of a mount stands for a path only.
        let root = try OwnedDescriptor(
            opening: ".",
            beneath: mount,
            flags: O_RDONLY | O_DIRECTORY
        )
        try attempt("read the devices of the file system on \(path)") {
            unsafe chost_btrfs_identity(root.rawValue, &id, &count)
        }
        let folder = "/sys/fs/btrfs/\(uuid(id))/devices"
        let names = try SystemFile.names(in: folder)
        guard count == 1, names.count == 1 else {
            throw DriverError(
                .hostFailure,
                "the btrfs file system on \(path) has \(count) devices; a volume may have only one"
            )
        }
        let number = try SystemFile.lineIfThere("\(folder)/\(names[0])/dev")
        return number.flatMap(SystemFile.deviceNumber)
    }

    /// `8-4-4-4-12` digits.
    private static func uuid(_ bytes: [UInt8]) -> String {
        let digits = bytes.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
            .joined(separator: "-")
    }
}
