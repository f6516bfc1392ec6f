internal import Backend
internal import DriverCore
internal import Host

/// Where one volume is mounted, by one look at the mount table.
struct VolumeMounts: Sendable {
    private let entries: [MountEntry]
    private let device: AttachedDevice?

    init(of device: AttachedDevice?) throws(DriverError) {
        entries = try MountTable.read()
        self.device = device
    }

    /// What is mounted at a path; the topmost layer.
    enum Layer: Sendable, Hashable {
        case nothing
        case thisVolume(isReadOnly: Bool)
        case somethingElse(source: String)
    }

    func layer(at path: TargetPath) throws(DriverError) -> Layer {
        guard let place = try path.resolved() else { return .nothing }
        return layer(atResolved: place)
    }

    /// For a path as the mount table writes it.
    func layer(atResolved path: String) -> Layer {
        guard let top = entries.last(where: { $0.target.hasSameBytes(as: path) }) else {
            return .nothing
        }
        guard isThisVolume(top) else { return .somethingElse(source: top.source) }
        return .thisVolume(isReadOnly: top.options.contains("ro"))
    }

    /// Every place where the volume is visible now.
    var places: [String] { entries.filter(isThisVolume).map(\.target) }

    /// A mounted file system names its device as source; a published block device is the bind mount
    /// of the device's node, whose root is that node's name in /dev.
    private func isThisVolume(_ entry: MountEntry) -> Bool {
        guard let device else { return false }
        if entry.source.hasSameBytes(as: device.path) { return true }
        // A container may have a tmpfs of its own in /dev.
        return ["devtmpfs", "tmpfs"].contains(entry.fsType)
            && "/dev\(entry.root)".hasSameBytes(as: device.path)
    }
}
