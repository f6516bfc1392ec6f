package import DriverCore
package import Host
internal import Synchronization

/// What is wrong with the use of volumes on this node, for the log, the metrics and doctor.
package final class UsageFindings: Sendable {
    private let lost = Mutex<Set<VolumeID>>([])
    private let held = Mutex<[VolumeID: ProcessHolder]>([:])

    /// Volumes that were mounted at the latest look, and of which nothing is noted.
    package var lostNotes: Set<VolumeID> {
        get { lost.withLock(\.self) }
        set { lost.withLock { $0 = newValue } }
    }

    /// Who keeps a volume mounted that is unmounted here, by the latest call that met it.
    package var heldVolumes: [VolumeID: ProcessHolder] { held.withLock(\.self) }

    /// Notes who keeps the volume; nil for nobody.
    package func setHolder(_ holder: ProcessHolder?, of id: VolumeID) {
        held.withLock { $0[id] = holder }
    }
}
