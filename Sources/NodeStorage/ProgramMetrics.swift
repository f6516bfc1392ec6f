internal import DriverCore
package import Host
package import Metrics

/// How programs of the driver ended and how long they ran, on the metrics page.
package struct ProgramMetrics: MetricsSource {
    private let figures: ProgramFigures
    private let programs: [HostProgram]

    /// `programs` are shown from the start, in that order.
    package init(_ figures: ProgramFigures, of programs: [HostProgram]) {
        self.figures = figures
        self.programs = programs
    }

    package func add(to page: inout MetricsText) {
        addRuns(to: &page)
        page.family("cairn_filesystems_made_total", .counter, "Runs of mkfs that succeeded.")
        for type in FilesystemType.allCases {
            page.sample(
                "cairn_filesystems_made_total",
                figures.filesystemsMade(type),
                ["filesystem": type.rawValue]
            )
        }
    }

    private func addRuns(to page: inout MetricsText) {
        let all = figures.figures(of: programs)
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
                    ["program": program.name, "exit": end]
                )
            }
        }
        page.family("cairn_program_duration_seconds", .histogram, "How long the programs ran.")
        for (program, figures) in all where figures.seconds.count > 0 {
            page.samples(
                "cairn_program_duration_seconds",
                "program",
                program.name,
                figures.seconds
            )
        }
        page.family(
            "cairn_programs_running",
            .gauge,
            "Programs that the driver has started and that run now."
        )
        for (program, figures) in all {
            page.sample("cairn_programs_running", figures.running, ["program": program.name])
        }
    }
}
