package import Metrics

extension Operations: MetricsSource {
    package func add(to page: inout MetricsText) {
        page.family("cairn_operations_running", .gauge, "Operations that change something now.")
        page.sample("cairn_operations_running", runningCount)
    }
}
