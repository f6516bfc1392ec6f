internal import Backend
internal import DriverCore
package import Metrics

extension Tiers: MetricsSource {
    package func add(to page: inout MetricsText) { page.add(tiers: figures()) }
}

extension MetricsText {
    fileprivate mutating func add(tiers: [(tier: String, figures: TierFigures)]) {
        add("cairn_tier_up", "1 if the tier can serve now, else 0.", tiers) {
            $0.isUp.map { $0 ? 1 : 0 }
        }
        add("cairn_tier_size_bytes", "Total size that the tier's volumes may have.", tiers) {
            $0.capacity?.total.bytes
        }
        add("cairn_tier_available_bytes", "Total size that new volumes can have.", tiers) {
            $0.capacity?.available.bytes
        }
        add("cairn_tier_largest_volume_bytes", "Size of the largest new volume that fits.", tiers) {
            $0.capacity?.maximumVolumeSize.bytes
        }
        add("cairn_tier_volumes", "Volumes of the tier.", tiers) { $0.volumes.map(Int64.init) }
        add("cairn_tier_snapshots", "Snapshots of the tier.", tiers) {
            $0.snapshots.map(Int64.init)
        }
        family("cairn_tier_used_ratio", .gauge, "Used share of each store of the tier, 0 to 1.")
        for (tier, figures) in tiers {
            for store in TierHealth.Store.allCases {
                guard let level = figures.health.levels[store] else { continue }
                sample("cairn_tier_used_ratio", level, ["tier": tier, "store": store.rawValue])
            }
        }
        family(
            "cairn_tier_cut_seconds",
            .histogram,
            "How long snapshots and clones blocked the writers of a volume."
        )
        for (tier, figures) in tiers {
            guard let cuts = figures.cuts else { continue }
            samples("cairn_tier_cut_seconds", "tier", tier, cuts)
        }
        addProblems(of: tiers)
    }

    /// One sample for every kind, also for those without a problem: an alert ends only at a 0.
    private mutating func addProblems(of tiers: [(tier: String, figures: TierFigures)]) {
        family("cairn_tier_problems", .gauge, "Problems that an administrator must fix, by kind.")
        for (tier, figures) in tiers {
            for kind in Finding.Kind.allCases {
                let count = figures.health.problems.count { $0.kind == kind }
                sample("cairn_tier_problems", count, ["tier": tier, "kind": kind.rawValue])
            }
        }
    }

    /// One gauge with a sample for each tier that has the value.
    private mutating func add(
        _ name: String,
        _ help: String,
        _ tiers: [(tier: String, figures: TierFigures)],
        _ value: (TierFigures) -> Int64?
    ) {
        family(name, .gauge, help)
        for (tier, figures) in tiers {
            if let value = value(figures) { sample(name, value, ["tier": tier]) }
        }
    }
}
