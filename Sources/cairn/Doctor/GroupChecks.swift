import BackendLVM
import Configuration
import DriverCore
import Host
import Naming

/// The checks of one LVM tier: its volume group, its pool, and its volumes.
enum GroupChecks {
    /// Far longer than disks take that answer.
    private static let patience = Duration.seconds(10)

    static func run(_ tier: TierConfiguration, _ backend: LVMBackend) -> [Check] {
        // On a thread that may be lost: no signal ends a read from a disk that hangs.
        let thread = BlockingPool(threads: 1)
        let pending = try? thread.begin { () throws(DriverError) in
            GroupSurvey(of: backend)
        }
        guard let survey = try? pending?.value(by: .now + patience) else {
            return [unanswered(tier)]
        }
        let checks = survey.findings.map { finding in
            Check(
                area: "tier \(tier.name)",
                subject: finding.subject,
                state: state(finding.state),
                found: finding.found,
                advice: finding.advice
            )
        }
        let name = Environment.value(of: "NODE_ID") ?? Environment.hostName()
        return checks + strangers(survey.nodes, beside: name).map { note(tier, $0) }
    }

    /// The check for objects with the id of a node other than this one.
    static func strangers(_ nodes: [String: Int], beside name: String) -> [String] {
        let own = String(SHA256.hex(of: name).prefix(16))
        return nodes.filter { $0.key != own }.sorted { $0.key < $1.key }.map { node, count in
            "\(count) volumes and snapshots have ids of another node (\(node)) than '\(name)' (\(own))"
        }
    }

    private static func note(_ tier: TierConfiguration, _ found: String) -> Check {
        Check(
            area: "tier \(tier.name)",
            subject: "objects of another node",
            state: .note,
            found: found,
            advice:
                "this is right if the driver has that node's id (--node-id); otherwise the node was "
                + "renamed, or the disks are from another node: start the driver with the old id"
        )
    }

    private static func unanswered(_ tier: TierConfiguration) -> Check {
        Check(
            area: "tier \(tier.name)",
            subject: "volume group",
            state: .problem,
            found: "one of its disks has not answered for \(patience.components.seconds) s",
            advice:
                "see the node's kernel log; bring the disk back, or replace it. Doctor itself "
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
