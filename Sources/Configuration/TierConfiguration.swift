package import DriverCore

/// One tier of the file: what every back end has, and the back end's own part.
package struct TierConfiguration: Sendable, Hashable {
    /// What a StorageClass calls it: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
    package let name: String
    /// Whether volumes that name no tier go here.
    package let isDefault: Bool
    package let filesystem: FilesystemType
    package let reserve: Reserve
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
}
