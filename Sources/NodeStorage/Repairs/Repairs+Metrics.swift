internal import Backend
package import Metrics

extension Repairs: MetricsSource {
    package func add(to page: inout MetricsText) {
        let repairs = figures
        page.family(
            "cairn_looks_total",
            .counter,
            "Scans: comparisons of records, data, devices and mounts."
        )
        page.sample("cairn_looks_total", repairs.looks)
        page.family("cairn_repairs_total", .counter, "What the scans have repaired.")
        page.sample("cairn_repairs_total", repairs.removed, ["kind": "removed"])
        page.sample("cairn_repairs_total", repairs.thawed, ["kind": "thawed"])
        page.sample("cairn_repairs_total", repairs.resumed, ["kind": "resumed"])
        page.sample("cairn_repairs_total", repairs.detached, ["kind": "detached"])
        page.family("cairn_unexplained", .gauge, "What the latest scan could not explain.")
        for kind in RepairFigures.Kind.allCases {
            page.sample(
                "cairn_unexplained",
                repairs.unexplained[kind] ?? 0,
                ["kind": kind.rawValue]
            )
        }
    }
}
