package import DriverCore
import Glibc
package import Host
import Synchronization

/// A volume group of one test, on disks of its own, as an administrator makes it.
package final class VolumeGroup: Sendable {
    package let name: String
    package let disks: [GuestDisk]
    private static let count = Mutex(0)

    /// `arguments` go to vgcreate, such as `--physicalextentsize 1m`.
    package init(on disks: [GuestDisk], arguments: [String] = []) throws(DriverError) {
        let number = Self.count.withLock { count -> Int in
            count += 1
            return count
        }
        name = "test\(number)"
        self.disks = disks
        try lvm(["vgcreate"] + arguments + [name] + disks.map(\.path))
    }

    /// A group of one disk that LVM has described in a file, put onto a disk of the same size.
    ///
    /// The volumes are there, and the disk's bytes are their contents.
    package init(restoring description: String, named name: String, id: String, on disk: GuestDisk)
        throws(DriverError)
    {
        self.name = name
        disks = [disk]
        try lvm("pvcreate", "--uuid", id, "--restorefile", description, disk.path)
        try lvm("vgcfgrestore", "--force", "--file", description, name)
    }

    /// Runs a command of LVM, the first argument, with nothing asked; throws where it fails.
    @discardableResult
    package func lvm(_ arguments: [String]) throws(DriverError) -> CommandOutput {
        try Guest.run("lvm", [arguments[0], "--yes"] + arguments.dropFirst())
    }

    /// The same, word by word.
    @discardableResult
    package func lvm(_ arguments: String...) throws(DriverError) -> CommandOutput {
        try lvm(arguments)
    }

    /// Makes a thin pool; `arguments` go to lvcreate, such as `--errorwhenfull y`.
    package func makeThinPool(_ pool: String, size: ByteCount, arguments: [String] = [])
        throws(DriverError)
    {
        let place = ["--size", "\(size.bytes)b", "--thinpool", pool, name]
        try lvm(["lvcreate", "--type", "thin-pool"] + arguments + place)
    }

    /// The fields of all logical volumes, hidden ones too, one row each; or those of the group itself.
    package func rows(_ fields: String, of report: String = "lvs") throws(DriverError)
        -> [[String]]
    {
        let output = try Guest.run(
            "lvm",
            [
                report, "--all", "--noheadings", "--separator", "|", "--units", "b", "--nosuffix",
                "--options", fields, name,
            ]
        )
        return output.standardOutput.split(separator: "\n").map { line in
            line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimming(" ") }
        }
    }

    /// The device of a logical volume.
    package func path(of volume: String) -> String { "/dev/\(name)/\(volume)" }

    /// Takes the group away, whatever a test has done to it; its disks stay.
    package func remove() {
        for disk in disks { try? disk.behave(.healthy) }
        do {
            try lvm("vgremove", "--force", "--force", name)
        } catch {
            // What LVM no longer knows, device mapper may still have.
            removeDevices()
        }
    }

    private func removeDevices() {
        for device in Paths.names(in: "/dev/mapper") where device.hasPrefix("\(name)-") {
            _ = try? Guest.run(
                "dmsetup",
                ["--noudevsync", "--verifyudev", "remove", "--force", device]
            )
        }
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> String {
        let start = drop { $0 == character }
        return String(start.reversed().drop { $0 == character }.reversed())
    }
}
