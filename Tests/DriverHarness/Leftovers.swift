import Host
import TestSupport

/// Takes away every mount and loop device of a test's folder, whatever state the test ended in.
package enum Leftovers {
    package static func remove(beneath folder: String) {
        unmount(beneath: "\(folder)/kubelet/")
        detach(beneath: "\(folder)/pools/")
        unmount(beneath: "\(folder)/")
        detach(beneath: "\(folder)/")
    }

    private static func unmount(beneath prefix: String) {
        let mounts = (try? MountTable.read()) ?? []
        for mount in mounts.reversed() where mount.target.hasPrefix(prefix) {
            // A volume that a killed driver left frozen can be unmounted only when it is thawed.
            try? Freezer.thaw(mountedAt: mount.target)
            Paths.forceUnmount(mount.target)
        }
    }

    /// By backing file, never by device alone: meanwhile the device may be another driver's.
    private static func detach(beneath prefix: String) {
        let loops = LoopDevices()
        for attachment in (try? loops.attachments()) ?? []
        where devices(beneath: prefix).contains(attachment.device.path) {
            try? loops.detach(attachment.device, backing: attachment.backing)
        }
    }

    /// The loop devices whose files lie there.
    package static func devices(beneath prefix: String) -> [String] {
        Paths.names(in: "/sys/block").filter { name in
            guard name.hasPrefix("loop"),
                let file = try? Files.text("/sys/block/\(name)/loop/backing_file")
            else { return false }
            return file.hasPrefix(prefix)
        }.map { "/dev/\($0)" }
    }
}
