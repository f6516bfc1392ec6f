import Backend
import DriverCore

/// What one tier tells of itself on the metrics page.
struct TierFigures: Sendable {
    let health: TierHealth
    /// nil where the tier cannot tell.
    let capacity: TierCapacity?
    let volumes: Int?
    let snapshots: Int?

    /// Blocks where the storage hangs.
    init(of backend: any VolumeBackend) {
        health = backend.health()
        capacity = try? backend.capacity()
        volumes = (try? backend.volumes())?.count
        snapshots = (try? backend.snapshots())?.count
    }

    init(unavailable tier: String, _ error: DriverError) {
        health = TierHealth(unavailable: tier, error)
        capacity = nil
        volumes = nil
        snapshots = nil
    }
}
