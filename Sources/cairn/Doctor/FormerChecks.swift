import Backend

/// The tiers that are not in the tiers file any more, and what is left of them.
enum FormerChecks {
    static func run(_ kinds: Kinds) -> Examination {
        let findings = kinds.former().flatMap { tier in
            PatientFindings.of("tier \(tier.tier)") { tier.health().problems }
        }
        return Examination("tiers that left", findings)
    }
}
