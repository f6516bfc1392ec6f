import Backend
import DriverCore
import Host

/// The tiers that are not in the tiers file any more, and what is left of them.
enum FormerChecks {
    static func run(_ kinds: Kinds) -> Examination {
        let findings = kinds.former().flatMap { tier in
            // Each on a thread that may be lost: its disk may hang.
            let thread = BlockingPool(threads: 1)
            let pending = try? thread.begin { () throws(DriverError) in tier.health().problems }
            return (try? pending?.value(by: .now + patience)) ?? [unanswered(tier.tier)]
        }
        return Examination("tiers that left", findings)
    }

    /// Far longer than disks take that answer.
    private static let patience = Duration.seconds(10)

    private static func unanswered(_ tier: String) -> Finding {
        .problem(
            "tier \(tier)",
            "its storage has not answered for \(patience.components.seconds) s",
            "see the node's kernel log"
        )
    }
}
