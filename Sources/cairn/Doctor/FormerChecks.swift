import Backend

/// The tiers that are not in the tiers file any more, and what is left of them.
enum FormerChecks {
    static func run(_ kinds: Kinds) -> Examination {
        let scans = kinds.former().map { tier in
            StorageScan(of: "tier \(tier.tier)") { tier.health().problems }
        }
        return Examination("tiers that left", scans.flatMap { $0.findings() })
    }
}
