import DriverCore
import Host

/// The mounted file systems of volumes, of whatever tier.
enum FilesystemChecks {
    static func run() -> Examination {
        var examination = Examination("file systems")
        do throws(DriverError) {
            for (volume, fault) in try FilesystemFault.ofVolumes(Kinds.volume(ofDevice:)) {
                examination.problem("volume \(volume.id)", fault.inWords, FilesystemFault.advice)
            }
        } catch {
            examination.note("mount table", error.message)
        }
        return examination
    }
}
