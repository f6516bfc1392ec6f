import DriverCore
import Host

extension ClusterView {
    /// Tables of nodes and tiers, then the problems.
    var text: String {
        guard !nodes.isEmpty else {
            return isLearning
                ? "No node has registered yet: this controller has just started."
                : "No node has registered: start 'cairn node' with the address of this controller."
        }
        var parts = [nodeTable, tierTable]
        if !problemLines.isEmpty { parts.append(problemLines.joined(separator: "\n")) }
        if isLearning {
            parts.append(
                "This controller has just started: some nodes may not have registered yet."
            )
        }
        return parts.joined(separator: "\n\n")
    }

    private var nodeTable: String {
        var table = TextTable([
            .init(title: "NODE"), .init(title: "STATE"), .init(title: "SEEN", alignment: .right),
            .init(title: "VERSION"), .init(title: "ADDRESS"),
            .init(title: "VOLUMES", alignment: .right),
        ])
        for node in nodes {
            table.add([
                node.id, node.state, "\(node.ageMilliseconds / 1000) s ago", node.version,
                node.address, "\(node.tiers.map(\.volumes).reduce(0, +))",
            ])
        }
        return table.text
    }

    private var tierTable: String {
        var table = TextTable([
            .init(title: "NODE"), .init(title: "TIER"), .init(title: "KIND"),
            .init(title: "TOTAL", alignment: .right), .init(title: "AVAILABLE", alignment: .right),
            .init(title: "LARGEST", alignment: .right), .init(title: "USED"),
        ])
        for node in nodes {
            for tier in node.tiers {
                table.add([
                    node.id, tier.isDefault ? "\(tier.name) (default)" : tier.name, tier.backend,
                    ByteCount(tier.totalBytes).short, ByteCount(tier.availableBytes).short,
                    ByteCount(tier.maximumVolumeBytes).short, tier.used,
                ])
            }
        }
        return table.text
    }

    private var problemLines: [String] {
        nodes.flatMap(\.placedProblems).map { "\($0.place): \($0.message)" }
    }
}

extension ClusterView.Tier {
    fileprivate var used: String? {
        guard isAvailable else { return "unavailable" }
        guard totalBytes > 0 else { return nil }
        let used = max(0, totalBytes - availableBytes)
        let percent = Int((Double(used) / Double(totalBytes) * 100).rounded())
        return "\(Bar.text(part: percent, of: 100, width: 20)) \(percent)%"
    }
}
