import Host
import Metrics

/// The kernel's figures of this process, with the names that Prometheus clients use for every
/// process.
struct ProcessMetrics: MetricsSource {
    func add(to page: inout MetricsText) {
        guard let process = try? ProcessFigures() else { return }
        page.family(
            "process_cpu_seconds_total",
            .counter,
            "User and system CPU time of the process."
        )
        page.sample("process_cpu_seconds_total", process.cpuSeconds)
        page.family("process_resident_memory_bytes", .gauge, "Resident memory of the process.")
        page.sample("process_resident_memory_bytes", process.residentBytes)
        page.family("process_open_fds", .gauge, "Open file descriptors of the process.")
        page.sample("process_open_fds", process.openDescriptors)
        page.family("process_max_fds", .gauge, "File descriptors that the process may open.")
        page.sample("process_max_fds", process.mostDescriptors)
    }
}
