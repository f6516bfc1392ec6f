import CSIMessages
package import Metrics

extension NodeRegistry: MetricsSource {
    package func add(to page: inout MetricsText) {
        let views = nodes
        page.family("cairn_nodes", .gauge, "Registered nodes by state.")
        for state in [RegisteredNode.State.ready, .late, .leaving, .silent, .lost] {
            let count = views.count { $0.state == state }
            page.sample("cairn_nodes", Int64(count), ["state": state.name.lowercased()])
        }
        page.family(
            "cairn_node_lease_seconds",
            .gauge,
            "A node that has not registered for this long counts as silent."
        )
        page.sample("cairn_node_lease_seconds", lease / .seconds(1))
        addAges(of: views.filter(\.state.isLiving), to: &page)
        addTiers(of: views, to: &page)
    }

    /// Adds three quantiles, however many nodes the cluster has.
    private func addAges(of living: [NodeView], to page: inout MetricsText) {
        page.family(
            "cairn_node_registration_age_seconds",
            .gauge,
            "Age of the latest registrations of all live nodes, as quantiles."
        )
        let ages = living.map { $0.age / .seconds(1) }.sorted()
        for (label, share) in [("0.5", 0.5), ("0.99", 0.99), ("1", 1)] {
            let index = max(0, Int((Double(ages.count) * share).rounded(.up)) - 1)
            let age = ages.isEmpty ? 0 : ages[index]
            page.sample("cairn_node_registration_age_seconds", age, ["quantile": label])
        }
    }

    private func addTiers(of views: [NodeView], to page: inout MetricsText) {
        let tiers = TierSums.all(of: views)
        page.family(
            "cairn_cluster_tier_nodes",
            .gauge,
            "Nodes that have the tier, by whether it can be used now."
        )
        for (tier, sums) in tiers {
            page.sample(
                "cairn_cluster_tier_nodes",
                sums.usable,
                ["tier": tier, "state": "available"]
            )
            page.sample(
                "cairn_cluster_tier_nodes",
                sums.nodes - sums.usable,
                ["tier": tier, "state": "unavailable"]
            )
        }
        page.family(
            "cairn_cluster_tier_size_bytes",
            .gauge,
            "Total size that volumes of the tier may have, summed over all live nodes."
        )
        for (tier, sums) in tiers {
            page.sample("cairn_cluster_tier_size_bytes", sums.size, ["tier": tier])
        }
        page.family(
            "cairn_cluster_tier_available_bytes",
            .gauge,
            "Total size that new volumes of the tier can have, summed over all live nodes."
        )
        for (tier, sums) in tiers {
            page.sample("cairn_cluster_tier_available_bytes", sums.available, ["tier": tier])
        }
    }
}

/// The sums over all nodes with one tier.
private struct TierSums {
    var nodes: Int64 = 0
    var usable: Int64 = 0
    var size: Int64 = 0
    var available: Int64 = 0

    /// An upper limit of tier names, because nodes send them; the rest counts as one tier.
    private static let mostNames = 100
    private static let rest = "(others)"

    /// Of the live nodes, by the tier's name.
    static func all(of views: [NodeView]) -> [(String, TierSums)] {
        var sums: [String: TierSums] = [:]
        for view in views where view.state.isLiving {
            for tier in view.node.registration.tiers {
                let isKnown = sums[tier.name] != nil || sums.count < mostNames
                sums[isKnown ? tier.name : rest, default: TierSums()].add(tier, on: view)
            }
        }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private mutating func add(_ tier: NodeTier, on view: NodeView) {
        nodes += 1
        usable += tier.isAvailable ? 1 : 0
        size += tier.totalBytes
        available += view.room(tier).available
    }
}

extension LostNodes: MetricsSource {
    package func add(to page: inout MetricsText) {
        page.family(
            "cairn_lost_node_deletions_total",
            .counter,
            "Volumes and snapshots deleted without their node, which is declared lost."
        )
        page.sample("cairn_lost_node_deletions_total", Int64(uses))
    }
}
