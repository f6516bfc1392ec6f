import Backend
import DriverCore
import Host
import Logging

/// The pool of a tier that is no longer in the tiers file, from the record in the state directory.
struct FormerPool: FormerStorage {
    private let state: PoolState
    private let file: PoolStateFile
    /// The loop tiers of the tiers file: a pool that one of them uses now belongs to it.
    private let configured: Set<String>
    /// Never started; it knows how the devices of the pool's volumes are found.
    private let backend: LoopBackend

    var tier: String { state.tier }
    var place: String { "pool \(state.directory)" }

    fileprivate init(
        _ state: PoolState,
        in file: PoolStateFile,
        besides configured: Set<String>,
        _ devices: LoopDevices,
        _ logger: Logger
    ) throws(DriverError) {
        self.state = state
        self.file = file
        self.configured = configured
        var rules = PoolRules()
        // The path by which the kernel shows it; that of another pool helps nobody.
        if !file.isOfEarlierPool { rules.stateFolder = file.folder }
        backend = try LoopBackend(
            tier: state.tier,
            directory: state.directory,
            rules: rules,
            isThick: true,
            overcommit: 1,
            reserve: .bytes(.zero),
            loopDevices: devices,
            logger: logger
        )
    }

    func objects() throws(DriverError) -> FormerObjects? {
        guard let now = try file.read(), now.uuid == state.uuid else { return nil }
        guard try !isPresentPool() else { return nil }
        do throws(DriverError) {
            return try objectsInPool()
        } catch {
            throw DriverError(
                .unavailable,
                "tier '\(tier)' is no longer in the tiers file, and its \(place) cannot be read: "
                    + "\(error.message); mount its disk, or, if the pool is gone for good, remove "
                    + file.path
            )
        }
    }

    /// Whether the tier has taken the pool back, and was killed before it removed this file.
    private func isPresentPool() throws(DriverError) -> Bool {
        guard file.isOfEarlierPool else { return false }
        let present = try PoolStateFile(folder: file.folder, tier: tier).read()
        return present?.uuid == state.uuid && present?.makingOn == nil
    }

    private func objectsInPool() throws(DriverError) -> FormerObjects? {
        guard let root = try Folder.existing(at: state.directory) else {
            throw DriverError(.unavailable, "the directory does not exist")
        }
        guard let marker = try backend.pool.marker(in: root) else {
            throw DriverError(.unavailable, "its marker \(PoolNames.marker) is missing")
        }
        guard marker.uuid == state.uuid else {
            throw DriverError(.unavailable, "it is pool \(marker.uuid), not \(state.uuid)")
        }
        guard marker.tier == tier || !configured.contains(marker.tier) else { return nil }
        var objects = FormerObjects()
        objects.volumes = try Self.names(PoolNames.volumes, in: root)
            .filter { VolumeID(parsing: $0) != nil }
        objects.snapshots = try Self.names(PoolNames.snapshots, in: root)
            .filter { SnapshotID(parsing: $0) != nil }
        return objects
    }

    /// The names on a shelf, with those of half-made and half-removed objects: their data may be
    /// left.
    private static func names(_ shelf: String, in root: borrowing Folder) throws(DriverError)
        -> Set<String>
    {
        guard let folder = try root.folder(shelf) else {
            throw DriverError(.unavailable, "its directory '\(shelf)' is missing")
        }
        return Set(try folder.names().map { PoolNames.leftover($0) ?? $0 })
    }

    func forget() throws(DriverError) { try file.remove() }

    func device(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try backend.device(of: id)
    }

    func detach(_ id: VolumeID) throws(DriverError) { try backend.detach(id) }
}

/// The loop tiers that were taken out of the tiers file.
enum FormerPools {
    /// Every tier with a pool among the files of the state directory that is not among the configured
    /// loop tiers.
    static func find(
        among names: [String],
        in stateFolder: String,
        besides configured: Set<String>,
        loopDevices: LoopDevices,
        logger: Logger
    ) -> [FormerTier] {
        names.compactMap { PoolStateFile(folder: stateFolder, name: $0) }
            .filter { !configured.contains($0.tier) || $0.isOfEarlierPool }
            .compactMap { file in
                storage(file, configured, loopDevices, logger).map(FormerTier.init)
            }
    }

    private static func storage(
        _ file: PoolStateFile,
        _ configured: Set<String>,
        _ devices: LoopDevices,
        _ logger: Logger
    ) -> (any FormerStorage)? {
        do throws(DriverError) {
            // While it is being made, there is nothing in a pool.
            guard let state = try file.read(), state.makingOn == nil else { return nil }
            return try FormerPool(state, in: file, besides: configured, devices, logger)
        } catch {
            return UnknownStorage(
                "pool",
                ofTier: file.tier,
                folder: file.folder,
                name: file.name,
                reason: error.message
            )
        }
    }
}
