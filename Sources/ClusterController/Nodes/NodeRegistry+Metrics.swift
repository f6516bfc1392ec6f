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
            "cairn_node_oldest_registration_seconds",
            .gauge,
            "Age of the oldest registration of a node that counts as living."
        )
        let ages = views.filter(\.state.isLiving).map { $0.age.components.seconds }
        page.sample("cairn_node_oldest_registration_seconds", ages.max() ?? 0)
        page.family(
            "cairn_cluster_tier_available_bytes",
            .gauge,
            "What new volumes of the tier can be promised, on all living nodes together."
        )
        for (tier, available) in availableByTier(views) {
            page.sample("cairn_cluster_tier_available_bytes", available, ["tier": tier])
        }
    }

    private func availableByTier(_ views: [NodeView]) -> [(String, Int64)] {
        var sums: [String: Int64] = [:]
        for view in views where view.state.isLiving {
            for tier in view.node.registration.tiers {
                sums[tier.name, default: 0] += view.room(tier).available
            }
        }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension LostNodes: MetricsSource {
    package func add(to page: inout MetricsText) {
        page.family(
            "cairn_lost_node_deletions_total",
            .counter,
            "Objects that were deleted without their node, which is declared lost."
        )
        page.sample("cairn_lost_node_deletions_total", Int64(uses))
    }
}
