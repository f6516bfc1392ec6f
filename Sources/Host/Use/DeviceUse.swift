package import DriverCore
import Glibc

/// One mount of a block device, in any mount namespace that this process can see.
package struct DeviceUse: Sendable, Hashable {
    /// The mount point, as the namespace sees it.
    package let target: String
    /// Whether it shows the device's node rather than a file system on the device.
    package let isNode: Bool
    /// A process of the namespace; nil for the driver's own.
    package let holder: ProcessHolder?

    /// `on /mnt`, or `on /mnt in the mount namespace of process 4711 (agent)`.
    package var place: String {
        let namespace = holder.map { " in the mount namespace of \($0)" } ?? ""
        return "on \(target)\(namespace)"
    }
}

extension DeviceUse {
    /// The uses in this process's own mount namespace.
    package static func own(ofDevice path: String, number: UInt64) throws(DriverError)
        -> [DeviceUse]
    {
        let device = DeviceMounts(of: path, number: number)
        return device.uses(among: try MountTable.read()).map { use in
            DeviceUse(target: use.mount.target, isNode: use.isNode, holder: nil)
        }
    }

    /// The uses in all other mount namespaces that this process sees.
    ///
    /// Costs a link for each process of the host, and a read of the table of each namespace.
    package static func elsewhere(ofDevice path: String, number: UInt64) throws(DriverError)
        -> [DeviceUse]
    {
        let device = DeviceMounts(of: path, number: number)
        var found: [DeviceUse] = []
        for pid in try MountNamespaces.others() {
            let uses = try MountNamespaces.uses(of: device, in: pid)
            guard !uses.isEmpty else { continue }
            let holder = ProcessHolder(pid: pid)
            found += uses.map {
                DeviceUse(target: $0.mount.target, isNode: $0.isNode, holder: holder)
            }
        }
        return found
    }

    /// Throws `inUse` with the user's name where the device is mounted in any namespace, or open.
    ///
    /// A mount of this namespace stays until somebody unmounts it, and is refused at once. What
    /// goes by itself is waited for, at most `patience`: a probe of udev that has the device open,
    /// and the mount namespace of a container that is just ending. `isOpen` says whether somebody
    /// has the device open, and may do what is to be done while nobody has.
    package static func refuse(
        ofDevice path: String,
        number: UInt64,
        patience: Duration,
        isOpen: () throws(DriverError) -> Bool
    ) throws(DriverError) {
        let end = ContinuousClock.now + patience
        while true {
            if let use = try own(ofDevice: path, number: number).first {
                throw DriverError(
                    .inUse,
                    "\(path) is still mounted \(use.place): unmount it first"
                )
            }
            let held = try elsewhere(ofDevice: path, number: number)
            if held.isEmpty, try !isOpen() { return }
            guard ContinuousClock.now < end else { throw refusal(of: path, held) }
            usleep(pauseMicroseconds)
        }
    }

    private static let pauseMicroseconds: UInt32 = 50_000

    private static func refusal(of path: String, _ held: [DeviceUse]) -> DriverError {
        if let use = held.first {
            return DriverError(
                .inUse,
                "\(path) is still mounted \(use.place), but no longer here: end that process, or "
                    + "restart its pod; a pod that mounts a host directory needs "
                    + "mountPropagation: HostToContainer"
            )
        }
        guard let holder = ProcessHolder.opening(path) else {
            return DriverError(
                .inUse,
                "\(path) is in use: a program has it open, or it is mounted in a mount namespace that "
                    + "the driver cannot see; find the program (lsof \(path)) and stop it first"
            )
        }
        return DriverError(.inUse, "\(path) is still open in \(holder): stop it first")
    }
}
