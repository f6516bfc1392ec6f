import CSIMessages
import Testing

@testable import cairn

/// The lines in which `cairn status` and the page show problems.
@Suite(.timeLimit(.minutes(1))) struct `Problem lines` {
    private func lines(subject: String, message: String) -> [String] {
        let tier = NodeTier(
            name: "fast",
            isAvailable: true,
            problems: [NodeProblem(kind: "full", message: message, subject: subject)]
        )
        let node = RegisteredNode(
            registration: RegisterRequest(nodeID: "n1", version: "1.2.3", tiers: [tier]),
            state: .ready,
            ageMilliseconds: 0,
            peerAddress: "10.0.0.7",
            message: ""
        )
        let answer = ListNodesResponse(
            nodes: [node],
            controllerVersion: "1.2.3",
            leaseSeconds: 30,
            isLearning: false
        )
        return ClusterView(answer).text.split(separator: "\n").map(String.init)
            .filter { $0.contains(", tier ") }
    }

    @Test(arguments: [
        ("tier fast, pool /srv/fast: it is gone", "pool /srv/fast: it is gone"),
        ("tier fast: '/' cannot be a pool", "'/' cannot be a pool"),
        ("tier fast needs 3 disks", "needs 3 disks"),
        ("tier 'fast' has not answered for 7 s", "has not answered for 7 s"),
        ("tier fastest needs 3 disks", "tier fastest needs 3 disks"),
    ]) func `a line names the tier once`(_ message: String, _ shown: String) {
        #expect(lines(subject: "tier fast", message: message) == ["n1, tier fast: \(shown)"])
    }

    @Test func `a line names a subject other than the tier`() {
        #expect(
            lines(subject: "disk /dev/sdb", message: "missing")
                == ["n1, tier fast, disk /dev/sdb: missing"]
        )
    }
}
