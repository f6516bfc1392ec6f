package import DriverCore

/// One tier of the file: what every kind of storage has, and the storage's own part.
package struct TierConfiguration: Sendable {
    /// The name that a StorageClass gives: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
    package let name: String
    /// Whether volumes that name no tier go here.
    package let isDefault: Bool
    package let filesystem: FilesystemType
    package let reserve: Reserve
    package let policy: TierPolicy
    package let storage: any TierStorage
}

extension [TierConfiguration] {
    /// The tiers of one kind of storage, each with it.
    package func with<Storage: TierStorage>(_ kind: Storage.Type)
        -> [(tier: TierConfiguration, storage: Storage)]
    {
        compactMap { tier in (tier.storage as? Storage).map { (tier, $0) } }
    }
}
