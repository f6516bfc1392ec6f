import CSIServing
package import Metrics

/// How forwarded calls ended and how long they took, for all nodes together.
package final class HopFigures: Sendable, MetricsSource {
    private let calls = CallFigures()

    package init() {}

    func add(_ method: String, _ code: String, _ duration: Duration) {
        calls.add(method, code, duration)
    }

    package func add(to page: inout MetricsText) {
        let all = calls.all
        page.family("cairn_hops_total", .counter, "Calls to nodes that have ended, by gRPC code.")
        for (method, figures) in all {
            for (code, count) in figures.codes.sorted(by: { $0.key < $1.key }) {
                page.sample("cairn_hops_total", count, ["method": method, "code": code])
            }
        }
        page.family("cairn_hop_duration_seconds", .histogram, "How long the calls to nodes took.")
        for (method, figures) in all {
            page.samples("cairn_hop_duration_seconds", "method", method, figures.seconds)
        }
    }
}
