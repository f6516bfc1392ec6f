import Backend
import Configuration
import DriverCore
import Glibc
import Host

/// A loop tier, looked at beside a running driver.
struct LoopInspection: TierInspection {
    let tier: TierConfiguration
    let storage: LoopStorage
    private let rules: PoolRules
    private let attached: AttachedFiles

    /// Longer than the driver takes from one step of a change to the next.
    private static let momentOfChange = Duration.milliseconds(300)

    init(
        _ tier: TierConfiguration,
        _ storage: LoopStorage,
        on host: StorageHost,
        _ attached: AttachedFiles
    ) {
        self.tier = tier
        self.storage = storage
        self.attached = attached
        rules = PoolRules(storage, on: host)
    }

    func findings() -> [Finding] {
        var checks = PoolChecks(tier, storage, survey())
        return checks.run()
    }

    /// Scans twice where something seems wrong: a running driver may just be changing it.
    private func survey() -> PoolSurvey {
        let first = PoolSurvey(of: storage.directory, tier: tier.name, rules: rules)
        guard !first.findings.isEmpty else { return first }
        usleep(UInt32(Self.momentOfChange / .microseconds(1)))
        var second = PoolSurvey(of: storage.directory, tier: tier.name, rules: rules)
        second.keepFindings(alsoIn: first)
        return second
    }

    func overview(available: ByteCount?) -> TierOverview {
        let isThick = storage.provisioning == .thick
        var overview = TierOverview(
            provisioning: storage.provisioning.rawValue,
            overcommit: isThick ? nil : storage.overcommit
        )
        guard let room = PoolRoom(of: storage.directory, tier: tier.name, rules: rules),
            !room.isReadOnly
        else {
            overview.state = .unavailable
            return overview
        }
        overview.total = available.map { $0 + (isThick ? room.allocated : room.promised) }
        if room.mount.isVolatile, !storage.isVolatile { overview.state = .volatile }
        return overview
    }

    func volume(_ id: VolumeID) -> VolumeRecord? { PoolSurvey.volume(id, in: storage.directory) }

    func snapshot(_ id: SnapshotID) -> SnapshotRecord? {
        PoolSurvey.snapshot(id, in: storage.directory)
    }

    func volumes() -> [VolumeRecord] { PoolSurvey.volumes(in: storage.directory) }

    func devices(of id: VolumeID) -> [AttachedDevice] {
        attached.devices(of: id, inPool: storage.directory)
    }

    func attachedVolumes() -> [VolumeID] { attached.volumes(ofPool: storage.directory) }

    func makePool() throws(DriverError) -> String {
        let uuid = try NewLoopPool.make(
            tier: tier.name,
            directory: storage.directory,
            rules: rules
        )
        return "pool \(uuid) of tier '\(tier.name)' in \(storage.directory)"
    }
}
