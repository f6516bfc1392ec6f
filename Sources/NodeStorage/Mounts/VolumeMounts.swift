internal import Backend
package import DriverCore
package import Host

/// Where one volume is mounted, from one read of the driver's own mount table.
package struct VolumeMounts: Sendable {
    private let entries: [MountEntry]
    /// The entries that show the volume.
    private let own: [MountEntry]

    package init(of device: VolumeDevice?) throws(DriverError) {
        self.init(of: device, among: try MountTable.read())
    }

    /// Uses a mount table that was read before.
    ///
    /// Each layer of the device is the volume: who mounts a lower one uses it too.
    package init(of device: VolumeDevice?, among entries: [MountEntry]) {
        self.entries = entries
        let uses = (device?.layers ?? []).map { layer in
            MountTable.uses(ofDevice: layer.path, number: layer.number, among: entries)
        }
        let shown = Set(uses.joined().map(\.mountID))
        own = entries.filter { shown.contains($0.mountID) }
    }

    /// Whether the volume's file system is mounted writable at a path.
    ///
    /// "Yes" is certain, and needs no look at the mount table; "no" says nothing.
    package static func showsWritable(_ device: VolumeDevice, at path: TargetPath) -> Bool {
        path.isWritableMount(ofDevice: device.top.number)
    }

    /// What the topmost mount at a path is.
    package enum Layer: Sendable, Hashable {
        case nothing
        case thisVolume(isReadOnly: Bool)
        case somethingElse(source: String)
    }

    package func layer(at path: TargetPath) throws(DriverError) -> Layer {
        guard let place = try path.resolved() else { return .nothing }
        return layer(atResolved: place)
    }

    /// The topmost mount at a path, spelled as in the mount table.
    package func layer(atResolved path: String) -> Layer {
        guard let top = entries.last(where: { $0.target.hasSameBytes(as: path) }) else {
            return .nothing
        }
        guard own.contains(where: { $0.mountID == top.mountID }) else {
            return .somethingElse(source: top.source)
        }
        return .thisVolume(isReadOnly: top.options.contains("ro"))
    }

    /// All paths at which the volume is mounted.
    package var places: [String] { own.map(\.target) }

    /// Whether anything is mounted at a path, spelled as in the mount table.
    package func isMountPoint(_ path: String) -> Bool {
        entries.contains { $0.target.hasSameBytes(as: path) }
    }
}

/// A path under kubelet's directory where a pod sees the volume, from the mount table and the note.
package struct VisiblePublication: Sendable, Hashable {
    /// Spelled as in the mount table.
    package let target: String
    package let isReadOnly: Bool
    /// nil where no note has the mode, so it may be any.
    package let mode: VolumeAccess.Mode?

    package func isAt(_ path: String?) -> Bool { path.map(target.hasSameBytes(as:)) ?? false }
}

extension VolumeMounts {
    /// The paths under a directory where pods see the volume.
    ///
    /// A published file system shows its root, a published block device its node. What shows a part
    /// of a file system hangs on a publication (kubelet binds subPaths so), and what lies outside of
    /// the folder is no pod's: the same mounts once more, where the host's root is seen at a second
    /// place.
    package func publications(beneath folder: String, exceptAt staging: String?, _ usage: UsageNote)
        -> [VisiblePublication]
    {
        own.filter { mount in
            let isWhole = mount.root == "/" || isNode(mount)
            return isWhole && !mount.isAt(staging) && mount.lies(beneath: folder)
        }.map { mount in
            VisiblePublication(
                target: mount.target,
                isReadOnly: mount.options.contains("ro"),
                mode: usage.publications.first { mount.isAt($0.mountedAt) }?.access.mode
            )
        }
    }

    /// Whether the device's node is mounted anywhere but at one path.
    package func showsNode(exceptAt target: String?) -> Bool {
        own.contains { isNode($0) && !$0.isAt(target) }
    }

    /// Whether the mount is that of a device node: nodes are on devtmpfs, ramfs or tmpfs.
    private func isNode(_ mount: MountEntry) -> Bool {
        ["devtmpfs", "ramfs", "tmpfs"].contains(mount.fsType)
    }
}

extension MountEntry {
    fileprivate func isAt(_ path: String?) -> Bool {
        path.map(target.hasSameBytes(as:)) ?? false
    }

    fileprivate func lies(beneath folder: String) -> Bool {
        target.hasBytePrefix(folder == "/" ? "/" : folder + "/")
    }
}
