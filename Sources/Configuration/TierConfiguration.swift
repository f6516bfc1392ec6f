package import DriverCore

/// One tier of the file: the common settings, and those of its backend.
package struct TierConfiguration: Sendable, Hashable {
    /// The name that a StorageClass gives: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
    package let name: String
    /// Whether volumes that name no tier go here.
    package let isDefault: Bool
    package let filesystem: FilesystemType
    package let reserve: Reserve
    package let policy: TierPolicy
    package let backend: BackendConfiguration
}

/// The backends by their keys in the file; a tier has exactly one.
package enum BackendConfiguration: Sendable, Hashable {
    case loop(LoopTierConfiguration)
    case lvm(LVMTierConfiguration)
}

/// Files in a directory, attached as loop devices.
package struct LoopTierConfiguration: Sendable, Hashable {
    package enum Provisioning: String, Sendable, Hashable, CaseIterable { case thick, thin }

    /// Absolute, without `.`, `..` and empty components.
    package let directory: String
    package let provisioning: Provisioning
    /// How many times the room may be promised; 1 where the tier is thick.
    package let overcommit: Double
    /// Whether the driver may create a pool in the empty directory, where there is no proof of one.
    package let createsPool: Bool
    /// Whether the directory has to be the root of a mounted file system.
    package let requiresMountPoint: Bool
    /// The UUID of the pool that must be there; nil where the file has none.
    package let uuid: String?
    /// Whether the tier may be on tmpfs, or in the layer of a container.
    package let isVolatile: Bool
}
