internal import DriverCore
internal import Host
package import Metrics

extension VolumeUsageBook: MetricsSource {
    package func add(to page: inout MetricsText) {
        page.family(
            "cairn_usage_notes_problem",
            .gauge,
            "Volumes in use whose note is lost or cannot be read."
        )
        page.sample("cairn_usage_notes_problem", findings.lostNotes.count, ["kind": "lost"])
        page.sample("cairn_usage_notes_problem", unreadableNotes.count, ["kind": "unreadable"])
        page.family(
            "cairn_volumes_held",
            .gauge,
            "Volumes that a process keeps mounted in its own mount namespace."
        )
        page.sample("cairn_volumes_held", findings.heldVolumes.count)
    }
}
