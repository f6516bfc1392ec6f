import CSIServices
import Configuration
import DriverCore
import Logging
import Naming

extension NodeStack {
    /// The stack that the options of a command and the tiers file ask for.
    init(_ options: NodeOptions, _ file: TiersFile, logger: Logger) throws(DriverError) {
        let folder = options.state.folder
        let backends = try TierBackends.make(file.tiers, stateFolder: folder, logger: logger)
        try self.init(
            identity: NodeIdentity(
                driverName: options.driverName,
                version: Cairn.version,
                nodeID: options.nodeName,
                topology: options.segments()
            ),
            backends: backends,
            former: TierBackends.former(
                beside: backends,
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
