import Backend
import BackendLVM
import BackendLoop
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
    /// Loop devices; LVM devices are read for each volume.
    private let loopDevices: [(id: VolumeID, device: AttachedDevice)]
    /// The LVM tiers by name, to read.
    let lvmBackends: [String: LVMBackend]

    /// Throws `invalidRequest` where a file that was named cannot be read.
    init(config: String?) throws(DriverError) {
        if let config {
            tiers = try TiersFile(reading: config).tiers
        } else {
            tiers = try? TiersFile(reading: NodeOptions.defaultConfig).tiers
        }
        mounts = try MountTable.read()
        lvmBackends = TierBackends.lvm(of: tiers ?? [])
        loopDevices = try Self.devices(directories: tiers.map(Self.directories(of:)))
    }

    func record(_ id: VolumeID) -> VolumeRecord? {
        firstInPools { PoolSurvey.volume(id, in: $0) }
            ?? lvmBackends.values.lazy.compactMap { try? $0.volume(id) }.first
    }

    func record(_ id: SnapshotID) -> SnapshotRecord? {
        firstInPools { PoolSurvey.snapshot(id, in: $0) }
            ?? lvmBackends.values.lazy.compactMap { try? $0.snapshot(id) }.first
    }

    /// Every volume of the tiers that can be read, inline volumes included.
    func records() -> [VolumeRecord] {
        Self.directories(of: tiers ?? []).flatMap { PoolSurvey.volumes(in: $0) }
            + lvmBackends.values.flatMap { (try? $0.readableVolumes()) ?? [] }
    }

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
        loopDevices.lazy.map { place(of: $0.id, on: $0.device) }.first { isMounted($0, at: path) }
            ?? lvmBackends.values.lazy.flatMap { (try? $0.readableVolumes()) ?? [] }
            .flatMap { places(of: $0.id) }.first { isMounted($0, at: path) }
    }

    private func isMounted(_ place: LocalPlace, at path: String) -> Bool {
        let paths = [path, resolved(path)]
        return place.mounts.contains { mount in
            paths.contains { mount.target.hasSameBytes(as: $0) }
        }
    }

    private func places(of id: VolumeID) -> [LocalPlace] {
        let devices = loopDevices.filter { $0.id == id }.map(\.device)
        guard devices.isEmpty else { return devices.map { place(of: id, on: $0) } }
        return groupDevice(of: id).map { [place(of: id, on: $0)] } ?? []
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

    private func firstInPools<Found>(_ look: (String) -> Found?) -> Found? {
        Self.directories(of: tiers ?? []).lazy.compactMap(look).first
    }

    private static func directories(of tiers: [TierConfiguration]) -> [String] {
        tiers.compactMap { tier in
            switch tier.backend {
            case .loop(let loop): loop.directory
            case .lvm: nil
            }
        }
    }

    private func groupDevice(of id: VolumeID) -> AttachedDevice? {
        lvmBackends.values.lazy.compactMap { (try? $0.attachment(of: id)) ?? nil }.first
    }

    /// The loop devices of volumes.
    ///
    /// A second driver of this node has the same ids for the same names, so a device counts only
    /// where its file is that of a pool of ours; where no pool is known, all do.
    private static func devices(directories: [String]?) throws(DriverError)
        -> [(id: VolumeID, device: AttachedDevice)]
    {
        // Opening the devices takes root; without it, where volumes are attached stays unknown.
        let backings = Dictionary(
            ((try? LoopDevices().attachments()) ?? []).map { ($0.device, $0.backing) },
            uniquingKeysWith: { first, _ in first }
        )
        var found: [(id: VolumeID, device: AttachedDevice)] = []
        for file in try LoopDevices.files() {
            guard let id = file.volume, let backing = backings[file.device] else { continue }
            let isOurs = directories?.contains { directory in
                (try? FileIdentity(of: "\(directory)/volumes/\(id)/data")) == backing
            }
            guard isOurs ?? true else { continue }
            let device = AttachedDevice(path: file.device.path, number: file.device.number)
            found.append((id, device))
        }
        return found
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
