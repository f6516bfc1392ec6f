import CSIServices
import Configuration
import DriverCore
import Logging
import Naming
import NodeStorage

extension NodeStack {
    /// The stack that the options of a command and the tiers file ask for.
    init(_ options: NodeOptions, _ file: TiersFile, logger: Logger) throws(DriverError) {
        let folder = options.state.folder
        let backends = try TierBackends.make(file.tiers, stateFolder: folder, logger: logger)
        try self.init(
            identity: NodeIdentity(
                driverName: options.driverName,
                version: Release.version,
                nodeID: options.nodeName,
                topology: options.segments()
            ),
            tiers: backends.map { tier, backend in
                Tier(named: tier.name, over: backend, defaultFilesystem: tier.filesystem)
            },
            former: TierBackends.former(
                beside: backends.map(\.backend),
                stateFolder: folder,
                logger: logger
            ),
            settings: NodeSettings(
                kubeletRoot: options.kubeletDir,
                usageFolder: options.usageFolder,
                defaultTier: file.tiers.first(where: \.isDefault)?.name,
                maximumVolumes: options.maxVolumes,
                policies: Dictionary(uniqueKeysWithValues: file.tiers.map { ($0.name, $0.policy) }),
                unstagePatience: .seconds(options.unstageWait)
            ),
            logger: logger
        )
    }
}
