import BackendLoop
import Configuration
import DriverCore
import Host

/// The directory that records which pools and volume groups the tiers have had.
enum StateChecks {
    private static let advice =
        "keep it on a disk of the node; in a container, mount the host's directory there"

    static func run(_ folder: String, _ tiers: [TierConfiguration]) -> [Check] {
        guard !tiers.isEmpty else { return [] }
        var examination = Examination("configuration")
        do throws(DriverError) {
            guard let opened = try Folder.existing(at: folder) else {
                examination.note(
                    "state directory",
                    "\(folder) does not exist: the driver creates it"
                )
                return examination.checks
            }
            let mount = try PoolMount(of: opened)
            if mount.isVolatile {
                let found =
                    "\(folder) is on \(mount.type), so a reboot or a new container loses it"
                examination.note("state directory", found, advice)
            } else {
                examination.good("state directory", folder)
            }
        } catch {
            examination.problem("state directory", error.message, advice)
        }
        return examination.checks
    }
}

extension TierConfiguration {
    /// Whether the tier's volumes are files.
    var isLoop: Bool {
        if case .loop = backend { true } else { false }
    }
}
