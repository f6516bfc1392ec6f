package import Backend
package import Configuration
package import DriverCore
package import Host

/// Files in a directory, attached as loop devices.
package struct LoopKind: BackendKind {
    package static var storage: any TierStorage.Type { LoopStorage.self }
    package static let failpoints = Failpoint.ofLoopObjects + Failpoint.ofLoopPools

    private let tiers: [(tier: TierConfiguration, storage: LoopStorage)]
    private let host: StorageHost

    package init(_ tiers: [TierConfiguration], on host: StorageHost) {
        self.tiers = tiers.with(LoopStorage.self)
        self.host = host
    }

    package func backends() throws(DriverError) -> [String: any VolumeBackend] {
        let devices = LoopDevices()
        let accounts = SpaceAccounts()
        var backends: [String: any VolumeBackend] = [:]
        for (tier, storage) in tiers {
            backends[tier.name] = try LoopBackend(
                tier: tier.name,
                directory: storage.directory,
                rules: PoolRules(storage, on: host),
                isThick: storage.provisioning == .thick,
                overcommit: storage.overcommit,
                reserve: tier.reserve,
                loopDevices: devices,
                accounts: accounts,
                logger: host.logger
            )
        }
        return backends
    }

    package func inspections() -> [String: any TierInspection] {
        let attached = AttachedFiles()
        var inspections: [String: any TierInspection] = [:]
        for (tier, storage) in tiers {
            inspections[tier.name] = LoopInspection(tier, storage, on: host, attached)
        }
        return inspections
    }

    package func former(among stateFiles: [String]) -> [FormerTier] {
        FormerPools.find(
            among: stateFiles,
            in: host.stateFolder,
            besides: Set(tiers.map(\.tier.name)),
            loopDevices: LoopDevices(),
            logger: host.logger
        )
    }

    package static func volume(ofDevice name: String) throws(DriverError) -> VolumeID? {
        try LoopDevices.file(ofDevice: name)?.volume
    }

    package static func devicesOfUnknownTiers() -> [VolumeID: [AttachedDevice]] {
        AttachedFiles().ofUnknownPools()
    }
}

extension LoopBackend {
    package func volume(ofDevice name: String) throws(DriverError) -> VolumeID? {
        try LoopKind.volume(ofDevice: name)
    }
}

extension PoolRules {
    /// The rules of the tiers file for a tier's pool.
    init(_ storage: LoopStorage, on host: StorageHost) {
        self.init()
        createsPool = storage.createsPool
        requiresMountPoint = storage.requiresMountPoint
        uuid = storage.uuid
        isVolatile = storage.isVolatile
        stateFolder = host.stateFolder
    }
}
