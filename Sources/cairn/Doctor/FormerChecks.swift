import Backend
import BackendLVM
import Configuration
import DriverCore
import Host

/// The tiers that are not in the tiers file any more, and what is left of them.
enum FormerChecks {
    /// `lvmBackends` are the LVM tiers that the file names, already scanned.
    static func run(
        _ folder: String,
        _ tiers: [TierConfiguration],
        _ lvmBackends: [String: LVMBackend]
    ) -> [Check] {
        let former = TierBackends.former(
            loop: Set(tiers.filter(\.isLoop).map(\.name)),
            lvm: Array(lvmBackends.values),
            stateFolder: folder,
            logger: TierBackends.silent
        )
        return former.flatMap { tier in
            // Each on a thread that may be lost: its disk may hang.
            let thread = BlockingPool(threads: 1)
            let pending = try? thread.begin { () throws(DriverError) in tier.health().problems }
            guard let problems = try? pending?.value(by: .now + patience) else {
                return [unanswered(tier.tier)]
            }
            return problems.map { problem in
                Check(
                    area: "tiers that left",
                    subject: problem.subject,
                    state: .problem,
                    found: problem.found,
                    advice: problem.advice
                )
            }
        }
    }

    /// Far longer than disks take that answer.
    private static let patience = Duration.seconds(10)

    private static func unanswered(_ tier: String) -> Check {
        Check(
            area: "tiers that left",
            subject: "tier \(tier)",
            state: .problem,
            found: "its storage has not answered for \(patience.components.seconds) s",
            advice: "see the node's kernel log"
        )
    }
}
