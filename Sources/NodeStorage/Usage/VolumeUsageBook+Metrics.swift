internal import DriverCore
internal import Host
package import Metrics

extension VolumeUsageBook: MetricsSource {
    package func add(to page: inout MetricsText) {
        page.family(
            "cairn_usage_notes_problem",
            .gauge,
            "Volumes whose use is not noted: the note is lost, or cannot be read."
        )
        page.sample("cairn_usage_notes_problem", findings.lostNotes.count, ["kind": "lost"])
        page.sample("cairn_usage_notes_problem", unreadableNotes.count, ["kind": "unreadable"])
        page.family(
            "cairn_volume_held",
            .gauge,
            "1 for each volume that a process keeps mounted in a mount namespace of its own."
        )
        for (id, holder) in findings.heldVolumes.sorted(by: { $0.key < $1.key }) {
            page.sample(
                "cairn_volume_held",
                1,
                [
                    "volume": id.text, "pid": "\(holder.pid)", "command": holder.command,
                    "container": holder.container ?? "",
                ]
            )
        }
    }
}
