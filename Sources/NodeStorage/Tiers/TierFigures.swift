package import Backend
package import DriverCore
internal import Host

/// What one tier tells of itself on the metrics page.
package struct TierFigures: Sendable {
    package let health: TierHealth
    /// nil where the tier cannot tell.
    package let capacity: TierCapacity?
    package let volumes: Int?
    package let snapshots: Int?
    /// How long cuts held writers; nil where the tier cannot tell.
    package let cuts: Histogram?

    /// Blocks where the storage hangs.
    package init(of backend: any VolumeBackend) {
        var health = backend.health()
        do throws(DriverError) {
            health.problems += try Self.deadFilesystems(of: backend)
        } catch {
            health.problems.append(
                TierHealth.Problem(
                    .unavailable,
                    "the mounted volumes of tier \(backend.tier)",
                    found: error.message,
                    advice: "see what keeps the driver from /proc and /sys of the node"
                )
            )
        }
        self.health = health
        capacity = try? backend.capacity()
        volumes = (try? backend.volumes())?.count
        snapshots = (try? backend.snapshots())?.count
        cuts = backend.cuts
    }

    private static func deadFilesystems(of backend: any VolumeBackend) throws(DriverError)
        -> [TierHealth.Problem]
    {
        try FilesystemFault.ofVolumes().filter { backend.remembers($0.0) }.map { id, fault in
            TierHealth.Problem(
                .deadFilesystem,
                "volume \(id)",
                found: fault.inWords,
                advice: FilesystemFault.advice
            )
        }
    }

    package init(unavailable tier: String, _ error: DriverError) {
        health = TierHealth(unavailable: tier, error)
        capacity = nil
        volumes = nil
        snapshots = nil
        cuts = nil
    }
}
