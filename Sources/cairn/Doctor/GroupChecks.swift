import BackendLVM
import Configuration

/// One LVM tier: its volume group, its pool, and what lies in them.
enum GroupChecks {
    static func run(_ tier: TierConfiguration, _ backend: LVMBackend) -> [Check] {
        GroupSurvey(of: backend).findings.map { finding in
            Check(
                area: "tier \(tier.name)",
                subject: finding.subject,
                state: state(finding.state),
                found: finding.found,
                advice: finding.advice
            )
        }
    }

    private static func state(_ state: GroupSurvey.Finding.State) -> Check.State {
        switch state {
        case .good: .good
        case .note: .note
        case .problem: .problem
        }
    }
}
