import BackendLoop
import CSIServices
import Configuration
import DriverCore
import Logging
import Naming

extension NodeStack {
    /// The stack that the options of a command and the tiers file ask for.
    init(_ options: NodeOptions, _ file: TiersFile, logger: Logger) throws(DriverError) {
        let abandoned = AbandonedPools(
            stateFolder: options.state.folder,
            configured: file.tiers.map(\.name)
        )
        try self.init(
            identity: NodeIdentity(
                driverName: options.driverName,
                version: Cairn.version,
                nodeID: options.nodeName,
                topology: options.segments()
            ),
            backends: TierBackends.make(
                file.tiers,
                stateFolder: options.state.folder,
                logger: logger
            ),
            requireAllNamed: { () throws(DriverError) in try abandoned.requireNone() },
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
