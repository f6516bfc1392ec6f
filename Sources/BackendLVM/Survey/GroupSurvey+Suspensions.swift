import Backend
import DeviceMapper
import DriverCore

extension GroupSurvey {
    /// Reports suspended devices: users of a volume wait while a device beneath it is suspended.
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
