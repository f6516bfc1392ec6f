import CSIServices
import DriverCore
import Host
import NodeStorage

/// Who uses volumes on this node: the notes of the driver, and mounts that outlive their use.
struct UsageChecks {
    private let folder: String
    /// Whether it is certain that this is the driver's directory of notes.
    private let isCertain: Bool
    private var examination = Examination("use")

    static func run(folder: String?, driver: String) -> Examination {
        var checks = UsageChecks(
            folder: folder ?? NodeOptions.defaultUsageFolder(ofDriver: driver),
            isCertain: folder != nil
        )
        checks.examineHolders()
        checks.examineNotes()
        return checks.examination
    }

    private init(folder: String, isCertain: Bool) {
        self.folder = folder
        self.isCertain = isCertain
    }

    private mutating func examineHolders() {
        let held: [KeptMount]
        do throws(DriverError) {
            held = try KeptMount.all(Kinds.volume(ofDevice:))
        } catch {
            return examination.note("mounts", error.message, "run doctor as root")
        }
        for volume in held {
            examination.problem(
                "\(volume.id)",
                "is mounted on \(volume.target) only in the mount namespace of \(volume.holder), "
                    + "so it cannot be unstaged or deleted",
                "end that process, or restart its pod with mountPropagation: HostToContainer"
            )
        }
        if held.isEmpty {
            examination.good("mounts", "no other process keeps a volume mounted")
        }
    }

    private mutating func examineNotes() {
        let survey: VolumeUsageBook.Survey?
        do throws(DriverError) {
            survey = try VolumeUsageBook.survey(folder: folder)
        } catch {
            return examination.note("notes", error.message, "run doctor as root")
        }
        for (id, reason) in survey?.unreadable.sorted(by: { $0.key < $1.key }) ?? [] {
            examination.problem(
                "\(folder)/\(id).json",
                "cannot be read: \(reason)",
                "stage or publish the volume again to rewrite it; find out what damaged it"
            )
        }
        examineLost(noted: survey?.noted ?? [], survey?.unreadable.keys.map(\.self) ?? [])
    }

    private mutating func examineLost(noted: Set<VolumeID>, _ unreadable: [VolumeID]) {
        let mounted: Set<VolumeID>
        do throws(DriverError) {
            mounted = Set(try MountTable.volumes(Kinds.volume(ofDevice:)).keys.map(\.id))
        } catch {
            return examination.note("notes", error.message, "run doctor as root")
        }
        let lost = mounted.subtracting(noted).subtracting(unreadable).sorted()
        guard let first = lost.first else { return }
        let found =
            "\(folder) has no note of "
            + "\(lost.count.counted("volume")) in use, such as \(first)"
        let advice =
            "keep the directory when the driver restarts: in a container, mount the node's own there; "
            + "if the driver's notes are elsewhere, name their directory with --usage-dir; volumes "
            + "of another driver on this node have their notes in that driver's directory"
        if isCertain {
            examination.problem("notes", found, advice)
        } else {
            examination.note("notes", found, advice)
        }
    }
}
