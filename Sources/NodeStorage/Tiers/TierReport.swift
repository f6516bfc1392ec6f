package import Backend
package import DriverCore
internal import Host

/// What a registration says about one tier.
package struct TierReport: Sendable {
    package let name: String
    /// Whether a class that names no tier gets this one.
    package let isDefault: Bool
    package let health: TierHealth
    /// nil where the tier cannot answer.
    package let capacity: TierCapacity?
    package let volumes: Int?
    package let snapshots: Int?
    package let defaultFilesystem: FilesystemType
    package let sizeUnit: ByteCount
    /// The smallest volume with the default file system.
    package let smallest: ByteCount
}

extension Tiers {
    /// The reports of all tiers; waits for each as long as its patience.
    package func reports() -> [TierReport] {
        figures().compactMap { name, figures in
            guard let tier = all.first(where: { $0.name == name }) else { return nil }
            let least = Filesystems.minimumSize(of: tier.defaultFilesystem)
            return TierReport(
                name: name,
                isDefault: name == defaultTier,
                health: figures.health,
                capacity: figures.capacity,
                volumes: figures.volumes,
                snapshots: figures.snapshots,
                defaultFilesystem: tier.defaultFilesystem,
                sizeUnit: tier.sizeUnit,
                smallest: least.roundedUp(toMultipleOf: tier.sizeUnit) ?? least
            )
        }
    }
}
