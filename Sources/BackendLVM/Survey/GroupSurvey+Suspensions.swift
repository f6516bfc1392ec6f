import Backend
import DeviceMapper
import DriverCore

extension GroupSurvey {
    /// Whoever uses a volume waits while a device of it is suspended, at any depth.
    mutating func examineSuspensions(_ metadata: VolumeGroupMetadata) throws(DriverError) {
        // A command of the driver suspends what it changes for an instant.
        guard !backend.group.isChanging else { return }
        for suspension in try backend.group.suspensions(metadata) {
            problem(
                .suspended,
                "\(group)/\(suspension.volume)",
                "its device \(suspension.device.name) is suspended: all reads and writes of it wait",
                "check whether an LVM command runs; if none does, send the driver SIGHUP, which "
                    + "resumes it"
            )
        }
    }
}
