package import Backend
package import DriverCore
internal import Host

/// What a node tells a controller of one tier.
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
    /// What every tier says of itself now; waits for each as long as the tiers' patience.
    package func reports() -> [TierReport] {
        figures().compactMap { each in
            guard let backend = all.first(where: { $0.name == each.tier })?.backend else {
                return nil
            }
            let least = Filesystems.minimumSize(of: backend.defaultFilesystem)
            return TierReport(
                name: each.tier,
                isDefault: each.tier == defaultTier,
                health: each.figures.health,
                capacity: each.figures.capacity,
                volumes: each.figures.volumes,
                snapshots: each.figures.snapshots,
                defaultFilesystem: backend.defaultFilesystem,
                sizeUnit: backend.sizeUnit,
                smallest: least.roundedUp(toMultipleOf: backend.sizeUnit) ?? least
            )
        }
    }
}
