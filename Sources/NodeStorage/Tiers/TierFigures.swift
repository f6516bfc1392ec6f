internal import Backend
internal import DriverCore
internal import Host

/// The metrics of one tier.
struct TierFigures: Sendable {
    var health: TierHealth
    /// Whether the tier can serve now; nil for a tier that left.
    let isUp: Bool?
    /// nil where the tier does not answer.
    let capacity: TierCapacity?
    let volumes: Int?
    let snapshots: Int?
    /// How long cuts blocked writers; nil where the tier does not answer.
    let cuts: Histogram?

    /// Blocks where the storage hangs.
    init(of tier: String, _ backend: any VolumeBackend) {
        var health = backend.health()
        do throws(DriverError) {
            health.problems += try Self.deadFilesystems(of: backend)
        } catch {
            health.problems.append(
                .problem(
                    .unavailable,
                    "the mounted volumes of tier \(tier)",
                    error.message,
                    "check that the driver can read /proc and /sys of the node"
                )
            )
        }
        self.health = health
        isUp = health.isUp
        capacity = try? backend.capacity()
        volumes = (try? backend.volumes())?.count
        snapshots = (try? backend.snapshots())?.count
        cuts = backend.cuts
    }

    private static func deadFilesystems(of backend: any VolumeBackend) throws(DriverError)
        -> [Finding]
    {
        var problems: [Finding] = []
        let faults = try FilesystemFault.ofVolumes(backend.volume(ofDevice:))
        for (volume, fault) in faults where backend.remembers(volume.id) {
            // Another driver of the host may have a volume of the same id.
            guard try backend.device(of: volume.id)?.path == volume.device else { continue }
            problems.append(
                .problem(
                    .deadFilesystem,
                    "volume \(volume.id)",
                    fault.inWords,
                    FilesystemFault.advice
                )
            )
        }
        return problems
    }

    init(unavailable tier: String, _ error: DriverError) {
        self.init(isUp: false, TierHealth(unavailable: tier, error))
    }

    /// The metrics of a tier that was taken out of the tiers file.
    init(former health: TierHealth) { self.init(isUp: nil, health) }

    private init(isUp: Bool?, _ health: TierHealth) {
        self.health = health
        self.isUp = isUp
        capacity = nil
        volumes = nil
        snapshots = nil
        cuts = nil
    }
}
