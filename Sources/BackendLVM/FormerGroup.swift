import Backend
import DriverCore
import Host
import Logging
import Naming

/// The volume group of a tier that no longer uses it, from the record in the state directory.
struct FormerGroup: FormerStorage {
    private let state: GroupState
    private let file: GroupStateFile
    private let read: @Sendable () throws(DriverError) -> VolumeGroupMetadata
    /// The group that the tier has now; nil where it is not configured.
    private let successor: VolumeGroup?
    /// Never started; it knows how the devices of volumes are found.
    private let backend: LVMBackend

    var tier: String { state.tier }
    var place: String { "volume group \(state.group)" }

    init(
        _ state: GroupState,
        in file: GroupStateFile,
        group: VolumeGroup,
        successor: VolumeGroup?,
        logger: Logger,
        read: @escaping @Sendable () throws(DriverError) -> VolumeGroupMetadata
    ) {
        self.state = state
        self.file = file
        self.successor = successor
        self.read = read
        backend = LVMBackend(
            tier: state.tier,
            group: group,
            provisioning: .thick(ThickOptions()),
            reserve: .bytes(.zero),
            logger: logger
        )
    }

    /// Whether the tier still has the group, so that the tier itself answers for it.
    var isServed: Bool {
        guard let successor else { return false }
        guard let metadata = successor.remembered else {
            // It has not been read yet, and the tier says so itself.
            return successor.name == state.group
        }
        return metadata.id == state.uuid
    }

    func objects() throws(DriverError) -> FormerObjects? {
        guard try file.read()?.uuid == state.uuid, !isServed else { return nil }
        do throws(DriverError) {
            let metadata = try read()
            guard metadata.id == state.uuid else {
                throw DriverError(
                    .unavailable,
                    "another group has its name now (\(metadata.id))"
                )
            }
            return try objects(in: metadata)
        } catch {
            throw DriverError(
                .unavailable,
                "tier '\(tier)' had its volumes in \(place) (\(state.uuid)), which cannot be read: "
                    + "\(error.message); bring its disks back, or, if the group is gone for good, "
                    + "remove \(file.path)"
            )
        }
    }

    private func objects(in metadata: VolumeGroupMetadata) throws(DriverError) -> FormerObjects {
        if let away = metadata.physicalVolumes.first(where: { $0.trouble != nil }) {
            throw DriverError(.unavailable, "its physical volume \(away.id) does not answer")
        }
        var objects = FormerObjects()
        for volume in metadata.logicalVolumes.values where !metadata.isHidden(volume) {
            guard let tags = Tags(reading: volume.tags) else { continue }
            // What does not say whose it is may be the tier's.
            guard ((try? tags.required(Fact.tier)) ?? tier) == tier else { continue }
            if VolumeID(parsing: volume.name) != nil {
                objects.volumes.insert(volume.name)
            } else if SnapshotID(parsing: volume.name) != nil {
                objects.snapshots.insert(volume.name)
            } else {
                objects.others.insert(volume.name)
            }
        }
        return objects
    }

    func forget() throws(DriverError) { try file.remove() }

    func device(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try backend.device(of: id)
    }

    func detach(_ id: VolumeID) throws(DriverError) { try backend.detach(id) }
}

/// The groups that tiers no longer have.
enum FormerGroups {
    /// A storage for every record among the files of the state directory; whether the tier still has the
    /// group is checked at each use.
    static func find(
        among names: [String],
        in stateFolder: String,
        beside configured: [LVMBackend],
        logger: Logger
    ) -> [FormerTier] {
        // A group has one reader.
        var groups: [String: VolumeGroup] = [:]
        for backend in configured { groups[backend.group.name] = backend.group }
        return names.compactMap { GroupStateFile(folder: stateFolder, name: $0) }
            .compactMap { file in
                storage(file, configured, &groups, logger).map(FormerTier.init)
            }
    }

    private static func storage(
        _ file: GroupStateFile,
        _ configured: [LVMBackend],
        _ groups: inout [String: VolumeGroup],
        _ logger: Logger
    ) -> (any FormerStorage)? {
        do throws(DriverError) {
            guard let state = try file.read() else { return nil }
            let group = groups[state.group] ?? VolumeGroup(named: state.group, tiers: [])
            groups[state.group] = group
            return FormerGroup(
                state,
                in: file,
                group: group,
                successor: configured.first { $0.tier == state.tier }?.group,
                logger: logger
            ) { () throws(DriverError) in try group.metadata() }
        } catch {
            return UnknownStorage(
                "volume group",
                ofTier: file.tier,
                folder: file.folder,
                name: file.name,
                reason: error.message
            )
        }
    }
}
