package import Metrics

extension Operations: MetricsSource {
    package func add(to page: inout MetricsText) {
        let kinds = runningByKind
        page.family(
            "cairn_operations_running",
            .gauge,
            "Operations that change storage and run now."
        )
        for kind in kinds {
            page.sample("cairn_operations_running", kind.count, ["kind": kind.name])
        }
        page.family(
            "cairn_operations_oldest_seconds",
            .gauge,
            "Age of the oldest running operation; 0 if none runs."
        )
        for kind in kinds {
            page.sample(
                "cairn_operations_oldest_seconds",
                kind.oldest / .seconds(1),
                ["kind": kind.name]
            )
        }
    }
}
