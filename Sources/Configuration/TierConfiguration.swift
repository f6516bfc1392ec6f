package import DriverCore

/// One tier of the file: what every back end has, and the back end's own part.
package struct TierConfiguration: Sendable, Hashable {
    /// What a StorageClass calls it: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
    package let name: String
    /// Whether volumes that name no tier go here.
    package let isDefault: Bool
    package let filesystem: FilesystemType
    package let reserve: Reserve
    package let policy: TierPolicy
    package let backend: BackendConfiguration
}

/// The back ends by the key that stands in the file; a tier has exactly one.
package enum BackendConfiguration: Sendable, Hashable {
    case loop(LoopTierConfiguration)
    case lvm(LVMTierConfiguration)
}

/// Files in a folder, attached as loop devices.
package struct LoopTierConfiguration: Sendable, Hashable {
    package enum Provisioning: String, Sendable, Hashable, CaseIterable { case thick, thin }

    /// Absolute, without `.`, `..` and empty components.
    package let directory: String
    package let provisioning: Provisioning
    /// How many times the room may be promised; 1 where the tier is thick.
    package let overcommit: Double
    /// Whether the driver makes a pool of the empty directory where nothing says that one existed.
    package let createsPool: Bool
    /// Whether the directory has to be the root of a mounted file system.
    package let requiresMountPoint: Bool
    /// The UUID of the pool that has to be there; nil where the file does not say.
    package let uuid: String?
    /// Whether the tier may lie in memory, or in the layer of a container.
    package let isVolatile: Bool
}
