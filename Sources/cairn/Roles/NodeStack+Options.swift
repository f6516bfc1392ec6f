import Backend
import CSIServices
import Configuration
import DriverCore
import Host
import Logging
import Naming
import NodeStorage

extension NodeStack {
    /// The stack that the options of a command and the tiers file ask for.
    init(_ options: NodeOptions, _ file: TiersFile, logger: Logger) throws(DriverError) {
        let kinds = Kinds(of: file.tiers, on: options.state.host(logger))
        try self.init(
            identity: NodeIdentity(
                driverName: options.driverName,
                version: Release.version,
                nodeID: options.nodeName,
                topology: options.segments()
            ),
            tiers: kinds.backends().map { tier, backend in
                Tier(named: tier.name, over: backend, defaultFilesystem: tier.filesystem)
            },
            former: kinds.former(),
            settings: NodeSettings(
                kubeletRoot: options.kubeletDir,
                usageFolder: options.usageFolder,
                defaultTier: file.tiers.first(where: \.isDefault)?.name,
                maximumVolumes: options.maxVolumes,
                policies: Dictionary(uniqueKeysWithValues: file.tiers.map { ($0.name, $0.policy) }),
                kinds: Kinds.all.flatMap { $0.parameters },
                programs: HostProgram.ofFilesystems + Kinds.all.flatMap { $0.programs },
                unstagePatience: .seconds(options.unstageWait)
            ),
            logger: logger
        )
    }
}
