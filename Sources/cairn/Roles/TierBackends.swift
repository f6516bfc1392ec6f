import Backend
import BackendLVM
import BackendLoop
import Configuration
import DriverCore
import Host
import Logging

/// The configured tiers and their back ends; nothing is touched before they are started.
enum TierBackends {
    static func make(_ tiers: [TierConfiguration], stateFolder: String, logger: Logger)
        throws(DriverError) -> [(tier: TierConfiguration, backend: any VolumeBackend)]
    {
        let devices = LoopDevices()
        let accounts = SpaceAccounts()
        let groups = volumeGroups(of: tiers)
        var made: [(tier: TierConfiguration, backend: any VolumeBackend)] = []
        for tier in tiers {
            let backend: any VolumeBackend
            switch tier.backend {
            case .loop(let loop):
                backend = try LoopBackend(
                    tier: tier.name,
                    directory: loop.directory,
                    rules: PoolRules(loop, stateFolder: stateFolder),
                    isThick: loop.provisioning == .thick,
                    overcommit: loop.overcommit,
                    reserve: tier.reserve,
                    loopDevices: devices,
                    accounts: accounts,
                    logger: logger
                )
            case .lvm(let lvm):
                guard let group = groups[lvm.volumeGroup] else { continue }
                backend = Self.backend(
                    tier,
                    lvm,
                    in: group,
                    stateFolder: stateFolder,
                    logger: logger
                )
            }
            made.append((tier, backend))
        }
        return made
    }

    /// Tiers that have a record in the state directory, but are no longer in the tiers file.
    static func former(
        beside configured: [any VolumeBackend],
        stateFolder: String,
        logger: Logger
    ) -> [FormerTier] {
        former(
            loop: Set(configured.compactMap { ($0 as? LoopBackend)?.tier }),
            lvm: configured.compactMap { $0 as? LVMBackend },
            stateFolder: stateFolder,
            logger: logger
        )
    }

    /// The same; the caller says which loop and LVM tiers are configured.
    static func former(
        loop: Set<String>,
        lvm: [LVMBackend],
        stateFolder: String,
        logger: Logger
    ) -> [FormerTier] {
        let pools = FormerPools.find(
            in: stateFolder,
            besides: loop,
            loopDevices: LoopDevices(),
            logger: logger
        )
        let groups = FormerGroups.find(
            in: stateFolder,
            beside: lvm,
            logger: logger
        )
        return pools + groups
    }

    /// A logger that drops its lines, for commands that report by themselves what they find.
    static let silent = Logger(label: "cairn") { _ in SwiftLogNoOpLogHandler() }

    /// The backends of the LVM tiers by the tiers' names, to scan them while a driver runs.
    static func lvm(of tiers: [TierConfiguration]) -> [String: LVMBackend] {
        let groups = volumeGroups(of: tiers)
        var backends: [String: LVMBackend] = [:]
        for tier in tiers {
            guard case .lvm(let lvm) = tier.backend, let group = groups[lvm.volumeGroup] else {
                continue
            }
            backends[tier.name] = backend(tier, lvm, in: group, stateFolder: nil, logger: silent)
        }
        return backends
    }

    /// One for each group, shared by its tiers: a group has one writer.
    private static func volumeGroups(of tiers: [TierConfiguration]) -> [String: VolumeGroup] {
        var names: [String: Set<String>] = [:]
        for tier in tiers {
            guard case .lvm(let lvm) = tier.backend else { continue }
            names[lvm.volumeGroup, default: []].insert(tier.name)
        }
        return Dictionary(
            uniqueKeysWithValues: names.map { ($0, VolumeGroup(named: $0, tiers: $1)) }
        )
    }

    private static func backend(
        _ tier: TierConfiguration,
        _ lvm: LVMTierConfiguration,
        in group: VolumeGroup,
        stateFolder: String?,
        logger: Logger
    ) -> LVMBackend {
        LVMBackend(
            tier: tier.name,
            group: group,
            provisioning: provisioning(lvm.provisioning),
            reserve: tier.reserve,
            stateFolder: stateFolder,
            logger: logger
        )
    }

    private static func provisioning(_ chosen: LVMTierConfiguration.Provisioning) -> Provisioning {
        switch chosen {
        case .thin(let pool, let overcommit):
            .thin(ThinOptions(pool: pool, overcommit: overcommit))
        case .thick(let thick):
            .thick(
                ThickOptions(
                    wipe: thick.wipe,
                    snapshotReserve: thick.snapshotReservePercent,
                    layout: thick.layout
                )
            )
        }
    }
}

extension PoolRules {
    /// The rules of the tiers file for a tier's pool.
    init(_ loop: LoopTierConfiguration, stateFolder: String) {
        self.init()
        createsPool = loop.createsPool
        requiresMountPoint = loop.requiresMountPoint
        uuid = loop.uuid
        isVolatile = loop.isVolatile
        self.stateFolder = stateFolder
    }
}
