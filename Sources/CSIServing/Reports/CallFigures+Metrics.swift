internal import DriverCore
package import Metrics

extension CallFigures: MetricsSource {
    package func add(to page: inout MetricsText) {
        let all = all
        page.family("cairn_calls_total", .counter, "Calls that have ended, by gRPC code.")
        for (method, figures) in all {
            for (code, count) in figures.codes.sorted(by: { $0.key < $1.key }) {
                page.sample("cairn_calls_total", count, ["method": method, "code": code])
            }
        }
        page.family("cairn_call_duration_seconds", .histogram, "How long the calls took.")
        for (method, figures) in all {
            page.samples("cairn_call_duration_seconds", "method", method, figures.seconds)
        }
    }
}
