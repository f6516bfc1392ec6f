import DeviceMapper
import DriverCore
import Host

/// A suspended device: all I/O to it waits.
struct Suspension: Sendable, Hashable {
    /// The volume of which it is a layer; may be a hidden one.
    let volume: String
    let uuid: String
    let device: MappedDevice
}

/// The devices of volumes, ordered so that each comes after those beneath it.
///
/// It names those that LVM makes when it activates all of them; the kernel may not have each.
struct DeviceStack {
    struct Layer: Sendable, Hashable {
        let volume: String
        let uuid: String
    }

    private(set) var layers: [Layer] = []
    private let metadata: VolumeGroupMetadata
    private var seen: Set<String> = []

    init(of names: [String], in metadata: VolumeGroupMetadata) {
        self.metadata = metadata
        for name in names { add(name) }
    }

    /// `own` are the layers of the volume itself, the lowest first; nil is the device that users
    /// open.
    private mutating func add(_ name: String, _ own: [MappedVolume.Layer?] = [nil]) {
        // What is referred to may be a disk, too.
        guard let volume = metadata.logicalVolumes[name] else { return }
        if let snapshot = metadata.snapshots[name] { add(snapshot.origin) }
        guard seen.insert(name).inserted else { return }
        if let pool = volume.thinPool {
            add(pool.data, [.thinData])
            add(pool.metadata, [.thinMetadata])
            return append(volume, [.thinPool, .thinPoolHolder])
        }
        for reference in volume.segments.flatMap(\.references) { add(reference) }
        let stores = metadata.snapshots(of: name).map(\.store).sorted()
        guard !stores.isEmpty else { return append(volume, own) }
        append(volume, [.real])
        for store in stores.compactMap({ metadata.logicalVolumes[$0] }) {
            seen.insert(store.name)
            append(store, [.copyOnWrite, nil])
        }
        append(volume, own)
    }

    private mutating func append(_ volume: LogicalVolume, _ own: [MappedVolume.Layer?]) {
        for layer in own {
            let uuid = metadata.deviceUUID(of: volume, layer: layer)
            layers.append(Layer(volume: volume.name, uuid: uuid))
        }
    }

    /// The devices that are suspended now.
    func suspensions() throws(DriverError) -> [Suspension] {
        var found: [Suspension] = []
        for layer in layers {
            guard let device = try DeviceMapper.device(uuid: layer.uuid), device.isSuspended
            else { continue }
            found.append(Suspension(volume: layer.volume, uuid: layer.uuid, device: device))
        }
        return found
    }
}

extension VolumeGroup {
    /// Every suspended device of the driver's volumes.
    func suspensions(_ metadata: VolumeGroupMetadata) throws(DriverError) -> [Suspension] {
        try DeviceStack(of: ownNames(metadata), in: metadata).suspensions()
    }

    /// The volumes of the configured tiers in the group, half-made ones too.
    ///
    /// One whose tier cannot be read counts too: it has the driver's mark.
    private func ownNames(_ metadata: VolumeGroupMetadata) -> [String] {
        metadata.logicalVolumes.values.compactMap { volume in
            guard !metadata.isHidden(volume), let tags = Tags(reading: volume.tags) else {
                return nil
            }
            let tier = Result { () throws(DriverError) in try tags.text(Fact.tier) }
            if case .success(let tier) = tier, !tiers.contains(tier ?? "") { return nil }
            return volume.name
        }.sorted()
    }
}

extension GroupChange {
    /// Resumes devices of the driver's volumes that a killed command left suspended; returns how
    /// many.
    ///
    /// `name` is for those beneath one volume alone.
    ///
    /// LVM cannot be asked for it: it waits for what is suspended beneath the volume that it is to
    /// resume. So each device goes on with the table that it had, the lowest first, while LVM's own
    /// lock keeps out whoever may have suspended it on purpose; LVM gives it then the table that the
    /// metadata describes, where that was changed before the command died.
    func resumeSuspended(beneath name: String? = nil) throws(DriverError) -> Int {
        let metadata = try metadataNow()
        guard try !suspensions(beneath: name, metadata).isEmpty else { return 0 }
        let lock = try FileLock(of: lockFile(), waiting: Self.lockPatience)
        let found = try suspensions(beneath: name, metadata)
        for suspension in found { try DeviceMapper.resume(uuid: suspension.uuid) }
        lock.release()
        let volumes = Set(found.map { metadata.visible($0.volume) })
        for volume in volumes.sorted() {
            try runWithoutRepair("lvchange", ["--refresh", path(volume)])
        }
        return found.count
    }

    func suspensions(beneath name: String?, _ metadata: VolumeGroupMetadata) throws(DriverError)
        -> [Suspension]
    {
        guard let name else { return try group.suspensions(metadata) }
        return try DeviceStack(of: [name], in: metadata).suspensions()
    }

    /// Longer than a command takes that does not have to wait.
    private static let lockPatience = Duration.seconds(20)

    /// The lock that every LVM command takes on the group.
    ///
    /// Source: lib/locking/file_locking.c of LVM 2.03.16.
    private func lockFile() throws(DriverError) -> String {
        let setting = try LVMCommand("lvmconfig", ["--type", "full", "global/locking_dir"])
            .run(deadline: VolumeGroup.commandLimit).standardOutput
        let parts = setting.byteSplit(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].hasBytePrefix("/") else {
            throw DriverError(
                .hostFailure,
                "LVM does not report the directory of its locks: '\(setting)'"
            )
        }
        return "\(parts[1])/V_\(group.name)"
    }
}

extension VolumeGroupMetadata {
    /// The volume that users see of which the named one is a part; itself where it is no part.
    fileprivate func visible(_ name: String) -> String {
        var name = name
        // No volume lies deeper than there are volumes.
        for _ in logicalVolumes {
            guard let volume = logicalVolumes[name], isHidden(volume),
                let user = logicalVolumes.values.first(where: { user in
                    user.segments.contains { $0.references.contains(name) }
                })
            else { break }
            name = user.name
        }
        return name
    }
}
