import DriverCore

extension ClusterView.Node {
    /// The problems of the node and of its tiers, each with the place where it is.
    var placedProblems: [(place: String, message: String)] {
        let own = message.isEmpty ? [] : [(id, message)]
        let nodes = problems.map { ("\(id), \($0.subject)", $0.message) }
        let tiers = tiers.flatMap { tier in tier.problems.map { place($0, of: tier.name) } }
        return own + nodes + tiers
    }

    /// Names the tier once, although its driver's subject or message may name it too.
    private func place(_ problem: ClusterView.Problem, of tier: String) -> (String, String) {
        let subject = problem.subject == "tier \(tier)" ? "" : ", \(problem.subject)"
        let starts = ["tier \(tier), ", "tier \(tier): ", "tier \(tier) ", "tier '\(tier)' "]
        let message = starts.lazy.compactMap { problem.message.removingBytePrefix($0) }.first
        return ("\(id), tier \(tier)\(subject)", String(message ?? problem.message[...]))
    }
}
