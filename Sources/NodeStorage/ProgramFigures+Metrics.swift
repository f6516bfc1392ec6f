internal import DriverCore
package import Host
package import Metrics

extension ProgramFigures: MetricsSource {
    package func add(to page: inout MetricsText) {
        addRuns(to: &page)
        page.family("cairn_filesystems_made_total", .counter, "Runs of mkfs that succeeded.")
        for type in FilesystemType.allCases {
            page.sample(
                "cairn_filesystems_made_total",
                filesystemsMade(type),
                ["filesystem": type.rawValue]
            )
        }
    }

    private func addRuns(to page: inout MetricsText) {
        let all = all
        page.family(
            "cairn_program_runs_total",
            .counter,
            "Programs that the driver has started, by how they ended."
        )
        for (program, figures) in all {
            for (end, count) in figures.ends.sorted(by: { $0.key < $1.key }) {
                page.sample(
                    "cairn_program_runs_total",
                    count,
                    ["program": program.rawValue, "exit": end]
                )
            }
        }
        page.family("cairn_program_duration_seconds", .histogram, "How long the programs ran.")
        for (program, figures) in all where figures.seconds.count > 0 {
            page.samples(
                "cairn_program_duration_seconds",
                "program",
                program.rawValue,
                figures.seconds
            )
        }
        page.family(
            "cairn_programs_running",
            .gauge,
            "Programs that the driver has started and that run now."
        )
        for (program, figures) in all {
            page.sample("cairn_programs_running", figures.running, ["program": program.rawValue])
        }
    }
}
