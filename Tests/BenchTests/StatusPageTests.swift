import CSIMessages
import Testing

@testable import cairn

/// The page of a controller, by its text.
@Suite(.timeLimit(.minutes(5))) struct StatusPageTests {
    private static let hostile = #"<script>alert("x")</script>&'"# + "\u{202E}\u{1B}[2J\n"

    private func node(
        _ id: String,
        _ state: RegisteredNode.State = .ready,
        tiers: [NodeTier] = [],
        message: String = ""
    ) -> RegisteredNode {
        RegisteredNode(
            registration: RegisterRequest(nodeID: id, version: "1.2.3", tiers: tiers),
            state: state,
            ageMilliseconds: 4200,
            peerAddress: "10.0.0.7",
            message: message
        )
    }

    private func tier(_ name: String, total: Int64, available: Int64, isAvailable: Bool = true)
        -> NodeTier
    {
        NodeTier(
            name: name,
            isAvailable: isAvailable,
            totalBytes: total,
            availableBytes: available,
            problems: [NodeProblem(kind: "full", message: "soon full", subject: "pool")]
        )
    }

    private func text(_ nodes: [RegisteredNode], isLearning: Bool = false) -> String {
        let answer = ListNodesResponse(
            nodes: nodes,
            controllerVersion: "1.2.3",
            leaseSeconds: 30,
            isLearning: isLearning
        )
        return StatusPage(cluster: ClusterView(answer)).html.text
    }

    @Test func `a node is a row, a tier a bar, and a problem stands above both`() throws {
        let page = text([
            node("a", tiers: [tier("fast", total: 100 << 30, available: 75 << 30)]),
            node("b", tiers: [tier("fast", total: 100 << 30, available: 25 << 30)]),
        ])
        #expect(page.contains("2 of 2 nodes ready"))
        #expect(
            page.contains(
                "<tr class=\"ready\"><td>a</td><td><span class=\"state\">ready</span></td>"
            )
        )
        #expect(page.contains("4 s ago"))
        #expect(page.contains("<td>100Gi</td><td>200Gi</td><td>0</td><td>2 of 2</td>"))
        // One bar for the tier, and one in the row of each node.
        let bars = ["50", "25", "75"].map {
            "aria-valuenow=\"\($0)\"><span style=\"width:\($0)%\">"
        }
        for bar in bars { #expect(page.contains(bar)) }
        #expect(page.contains("25Gi free of 100Gi"))
        let problem = try #require(
            page.firstRange(of: "<li><b>a, tier fast, pool</b> soon full</li>")
        )
        let table = try #require(page.firstRange(of: "<h2>Tiers</h2>"))
        #expect(problem.lowerBound < table.lowerBound)
    }

    @Test func `what a node says is text, wherever it stands`() {
        let page = text([
            node(
                Self.hostile,
                tiers: [
                    NodeTier(
                        name: Self.hostile,
                        isAvailable: true,
                        problems: [
                            NodeProblem(
                                kind: Self.hostile,
                                message: Self.hostile,
                                subject: Self.hostile
                            )
                        ]
                    )
                ],
                message: Self.hostile
            )
        ])
        #expect(!page.contains("<script"))
        #expect(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;"))
        for scalar in ["\u{202E}", "\u{1B}"] { #expect(!page.contains(scalar)) }
    }

    @Test func `nothing runs and nothing is loaded`() {
        let page = text([node("a")])
        for word in ["<script", "http:", "https:", "src=", "href=", "url(", "@import"] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(page.contains("script-src 'none'"))
        #expect(page.contains("<meta http-equiv=\"refresh\" content=\"15\">"))
        #expect(page.contains("color-scheme: light dark"))
    }

    @Test func `nodes that need somebody come first, and a page of thousands ends`() throws {
        let many = (0..<3000).map { node("n\($0)") }
        let silent = node(
            "zz",
            .silent,
            tiers: [tier("fast", total: 9, available: 9)],
            message: "it does not answer"
        )
        let page = text(many + [silent])
        #expect(page.contains("3000 of 3001 nodes ready"))
        // What a silent node has is no room that anybody can use.
        #expect(page.contains("<td>0</td><td>0</td><td>0</td><td>0 of 1</td>"))
        let silentRow = try #require(page.firstRange(of: "<td>zz</td>"))
        let ready = try #require(page.firstRange(of: "<td>n0</td>"))
        #expect(silentRow.lowerBound < ready.lowerBound)
        #expect(page.contains("and 2501 more"))
        #expect(page.utf8.count < 200_000)
    }

    @Test func `an empty and a new cluster say so`() {
        let page = text([], isLearning: true)
        #expect(page.contains("0 of 0 nodes ready"))
        #expect(page.contains("nodes may be missing"))
        #expect(page.contains("<p class=\"well\">none</p>"))
    }
}
