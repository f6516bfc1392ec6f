import Backend
import Configuration
import DriverCore
import FoundationEssentials
import Host

/// What this host knows of volumes in addition to CSI: the records of the pools, and the mounts.
///
/// CSI tells neither names nor tiers nor targets. Where the tiers file or a pool cannot be read,
/// or the driver runs on another host, these stay unknown, and everything else works.
struct LocalNode {
    /// The tiers of the file; nil where there is none.
    let tiers: [TierConfiguration]?
    private let mounts: [MountEntry]
    /// The tiers by name, to look at.
    let inspections: [String: any TierInspection]
    /// Where no tiers file tells the tiers: what the kernel alone knows.
    private let devicesOfUnknownTiers: [VolumeID: [AttachedDevice]]

    /// Throws `invalidRequest` where a file that was named cannot be read.
    init(config: String?, on host: StorageHost = StateOptions.usualHost) throws(DriverError) {
        if let config {
            tiers = try TiersFile(reading: config).tiers
        } else {
            tiers = try? TiersFile(reading: NodeOptions.defaultConfig).tiers
        }
        mounts = try MountTable.read()
        inspections = Kinds(of: tiers ?? [], on: host).inspections()
        devicesOfUnknownTiers = tiers == nil ? Kinds.devicesOfUnknownTiers() : [:]
    }

    func record(_ id: VolumeID) -> VolumeRecord? {
        looks.lazy.compactMap { $0.volume(id) }.first
    }

    func record(_ id: SnapshotID) -> SnapshotRecord? {
        looks.lazy.compactMap { $0.snapshot(id) }.first
    }

    /// Every volume of the tiers that can be read, inline volumes included.
    func records() -> [VolumeRecord] {
        looks.flatMap { $0.volumes() }
    }

    /// The looks at the tiers, in the order of the file.
    private var looks: [any TierInspection] { (tiers ?? []).compactMap { inspections[$0.name] } }

    /// Where a volume is attached and mounted; nil where it is not, and where several drivers of this
    /// host have a volume of that id and no tiers file tells which one is meant.
    func place(of id: VolumeID) -> LocalPlace? {
        let found = places(of: id)
        return found.count == 1 ? found[0] : nil
    }

    /// Where a volume is attached that is mounted at one of the paths; else as ``place(of:)``.
    func place(of id: VolumeID, mountedAt paths: [String]) -> LocalPlace? {
        let found = places(of: id)
        return found.first { place in paths.contains { isMounted(place, at: $0) } }
            ?? (found.count == 1 ? found[0] : nil)
    }

    /// The volume that is mounted at a path.
    func place(at path: String) -> LocalPlace? {
        devicesOfUnknownTiers.keys.lazy.flatMap(places).first { isMounted($0, at: path) }
            ?? looks.lazy.flatMap { $0.attachedVolumes() }.flatMap(places)
            .first { isMounted($0, at: path) }
    }

    private func isMounted(_ place: LocalPlace, at path: String) -> Bool {
        let paths = [path, resolved(path)]
        return place.mounts.contains { mount in
            paths.contains { mount.target.hasSameBytes(as: $0) }
        }
    }

    private func places(of id: VolumeID) -> [LocalPlace] {
        let devices =
            devicesOfUnknownTiers[id]
            ?? looks.lazy.map { $0.devices(of: id) }.first { !$0.isEmpty }
        return (devices ?? []).map { place(of: id, on: $0) }
    }

    private func place(of id: VolumeID, on device: AttachedDevice) -> LocalPlace {
        let uses = MountTable.uses(ofDevice: device.path, number: device.number, among: mounts)
        return LocalPlace(volume: id, device: device.path, mounts: uses)
    }

    /// The path as the mount table spells it: the links above its last component resolved.
    func resolved(_ path: String) -> String {
        let url = URL(filePath: path)
        let parent = resolvedPath(url.deletingLastPathComponent().path)
        return (parent == "/" ? "" : parent) + "/" + url.lastPathComponent
    }
}

/// Where one volume is to be found on this host.
struct LocalPlace {
    let volume: VolumeID
    /// `/dev/loop3`.
    let device: String
    let mounts: [MountEntry]

    /// The suffix of the staging path of a target.
    static let stagingSuffix = ".staged"

    /// The staging path for a volume that is mounted at a target: next to it, hidden.
    static func stagingPath(for target: String) -> String {
        let parts = target.byteSplit(separator: "/")
        let parent = parts.dropLast().map { "/\($0)" }.joined()
        return "\(parent)/.\(parts.last ?? "volume")\(stagingSuffix)"
    }

    /// Where it is staged; kubelet names that directory `globalmount`.
    var staging: String? { mounts.map(\.target).first(where: Self.isStaging) }

    /// Where people and pods use it.
    var targets: [String] { mounts.map(\.target).filter { !Self.isStaging($0) } }

    private static func isStaging(_ path: String) -> Bool {
        let name = path.byteSplit(separator: "/").last ?? ""
        return name == "globalmount"
            || (name.hasBytePrefix(".") && name.hasByteSuffix(stagingSuffix))
    }
}
