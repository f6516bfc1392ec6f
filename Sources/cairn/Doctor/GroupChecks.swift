import BackendLVM
import Configuration
import DriverCore
import Host

/// One LVM tier: its volume group, its pool, and what lies in them.
enum GroupChecks {
    /// Far longer than disks take that answer.
    private static let patience = Duration.seconds(10)

    static func run(_ tier: TierConfiguration, _ backend: LVMBackend) -> [Check] {
        // On a thread that may be lost: no signal ends a read from a disk that hangs.
        let thread = BlockingPool(threads: 1)
        let pending = try? thread.begin { () throws(DriverError) in
            GroupSurvey(of: backend).findings
        }
        guard let findings = try? pending?.value(by: .now + patience) else {
            return [unanswered(tier)]
        }
        return findings.map { finding in
            Check(
                area: "tier \(tier.name)",
                subject: finding.subject,
                state: state(finding.state),
                found: finding.found,
                advice: finding.advice
            )
        }
    }

    private static func unanswered(_ tier: TierConfiguration) -> Check {
        Check(
            area: "tier \(tier.name)",
            subject: "volume group",
            state: .problem,
            found: "a disk of it has not answered for \(patience.components.seconds) s",
            advice:
                "look at the node's kernel log; bring the disk back, or replace it. Doctor itself "
                + "ends when the disk answers"
        )
    }

    private static func state(_ state: GroupSurvey.Finding.State) -> Check.State {
        switch state {
        case .good: .good
        case .note: .note
        case .problem: .problem
        }
    }
}
