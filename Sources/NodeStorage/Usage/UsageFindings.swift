package import DriverCore
package import Host
internal import Synchronization

/// Findings about the use of volumes on this node, for the log, the metrics and doctor.
package final class UsageFindings: Sendable {
    private let lost = Mutex<Set<VolumeID>>([])
    private let held = Mutex<[VolumeID: ProcessHolder]>([:])

    /// Volumes that were mounted at the latest scan and have no note.
    package var lostNotes: Set<VolumeID> {
        get { lost.withLock(\.self) }
        set { lost.withLock { $0 = newValue } }
    }

    /// The processes that keep volumes mounted that are unmounted here, from the latest call of
    /// each volume.
    package var heldVolumes: [VolumeID: ProcessHolder] { held.withLock(\.self) }

    /// Records the process that keeps the volume mounted; nil for none.
    package func setHolder(_ holder: ProcessHolder?, of id: VolumeID) {
        held.withLock { $0[id] = holder }
    }
}
