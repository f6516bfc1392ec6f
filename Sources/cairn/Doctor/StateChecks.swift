import DriverCore
import Host

/// The folder that keeps where the tiers have had their objects.
enum StateChecks {
    private static let advice =
        "keep it on a disk of the node; in a container, mount the host's directory there"

    static func examine(_ folder: String, _ examination: inout Examination) {
        do throws(DriverError) {
            guard let opened = try Folder.existing(at: folder) else {
                return examination.note(
                    "state directory",
                    "\(folder) does not exist: the driver creates it"
                )
            }
            let mount = try FolderMount(of: opened)
            guard mount.isVolatile else { return examination.good("state directory", folder) }
            examination.note(
                "state directory",
                "\(folder) is on \(mount.type), so a reboot or a new container loses it",
                advice
            )
        } catch {
            examination.problem("state directory", error.message, advice)
        }
    }
}
