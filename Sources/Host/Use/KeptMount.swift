package import DriverCore

/// A volume that another process keeps mounted in its own mount namespace, but that is unmounted in
/// this process's.
package struct KeptMount: Sendable, Hashable {
    package let id: VolumeID
    /// As the other namespace sees it.
    package let target: String
    package let holder: ProcessHolder
}

extension KeptMount {
    /// All of them in the visible namespaces, one for each volume and namespace.
    package static func all(_ naming: VolumeOfDevice) throws(DriverError) -> [KeptMount] {
        let own = Set(try MountTable.volumes(naming).keys)
        var found: [KeptMount] = []
        for pid in try MountNamespaces.others() {
            var seen = own
            for mount in try MountNamespaces.entries(in: pid) {
                guard let volume = try mount.volume(naming), seen.insert(volume).inserted else {
                    continue
                }
                found.append(
                    KeptMount(id: volume.id, target: mount.target, holder: ProcessHolder(pid: pid))
                )
            }
        }
        return found
    }
}
