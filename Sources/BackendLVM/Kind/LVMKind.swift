package import Backend
package import Configuration
package import DriverCore
package import Host

/// Logical volumes of a volume group: with all their room from the start, or from a thin pool.
package struct LVMKind: BackendKind {
    package static var storage: any TierStorage.Type { LVMStorage.self }
    package static let parameters = [Layout.parameters]
    package static let programs = HostProgram.ofLVM
    package static let failpoints = Failpoint.ofLVM

    private let tiers: [String: LVMBackend]
    private let host: StorageHost

    package init(_ tiers: [TierConfiguration], on host: StorageHost) {
        var backends: [String: LVMBackend] = [:]
        let groups = Dictionary(grouping: tiers.with(LVMStorage.self)) { $0.storage.volumeGroup }
        for (name, tiers) in groups {
            // One for all tiers of the group: a group has one writer.
            let group = VolumeGroup(named: name, tiers: Set(tiers.map(\.tier.name)))
            for (tier, storage) in tiers {
                backends[tier.name] = LVMBackend(
                    tier: tier.name,
                    group: group,
                    provisioning: storage.provisioning,
                    reserve: tier.reserve,
                    stateFolder: host.stateFolder,
                    logger: host.logger
                )
            }
        }
        self.tiers = backends
        self.host = host
    }

    package func backends() -> [String: any VolumeBackend] { tiers }

    package func inspections() -> [String: any TierInspection] {
        tiers.mapValues(LVMInspection.init)
    }

    package func former(among stateFiles: [String]) -> [FormerTier] {
        FormerGroups.find(
            among: stateFiles,
            in: host.stateFolder,
            beside: Array(tiers.values),
            logger: host.logger
        )
    }

    package static func volume(ofDevice name: String) throws(DriverError) -> VolumeID? {
        try MappedName.volume(ofDevice: name)
    }
}

extension LVMBackend {
    package func volume(ofDevice name: String) throws(DriverError) -> VolumeID? {
        try MappedName.volume(ofDevice: name)
    }
}
