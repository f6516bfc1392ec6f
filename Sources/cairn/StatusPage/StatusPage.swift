import DriverCore
import HTTPServer

/// The cluster as one page for people: what is wrong, then the tiers, then the nodes.
///
/// It reads only, needs no script, and loads nothing. All that nodes say is a stranger's text, and is
/// escaped by ``HTML``.
struct StatusPage {
    let cluster: ClusterView

    /// How many rows a table has at most: what matters comes first, and `cairn status` has the rest.
    private static let mostRows = 500
    private static let mostProblems = 100
    private static let refreshSeconds = 15

    var page: HTTPServer.Page {
        HTTPServer.Page(contentType: "text/html; charset=utf-8", text: html.text)
    }

    var html: HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="refresh" content="\(Self.refreshSeconds)">
        <meta http-equiv="Content-Security-Policy" content="script-src 'none'; connect-src 'none'; img-src 'none'; frame-src 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Cairn: \(summary)</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        <h1>Cairn</h1>
        <p>\(summary); controller \(cluster.controllerVersion)</p>
        \(notes)
        \(problems)
        \(tiers)
        \(nodes)
        </body>
        </html>

        """
    }

    private var summary: String {
        let ready = cluster.nodes.count { $0.state == "ready" }
        return "\(ready) of \(cluster.nodes.count) nodes ready"
    }

    private var notes: HTML {
        guard cluster.isLearning else { return "" }
        return "<p>This controller has just started; nodes may be missing.</p>"
    }

    private var problems: HTML {
        let all = cluster.nodes.flatMap(Self.problems)
        guard !all.isEmpty else { return "<h2>Problems</h2>\n<p>none</p>" }
        let items = all.prefix(Self.mostProblems).map { problem -> HTML in
            "<li><b>\(problem.place)</b> \(problem.message)</li>"
        }
        return """
            <h2>Problems</h2>
            <ul class="problems">
            \(HTML(joining: items))
            </ul>
            \(Self.rest(all.count - items.count))
            """
    }

    private static func problems(of node: ClusterView.Node) -> [(place: String, message: String)] {
        let own = node.message.isEmpty ? [] : [(node.id, node.message)]
        let nodes = node.problems.map { ("\(node.id), \($0.subject)", $0.message) }
        let tiers = node.tiers.flatMap { tier in
            tier.problems.map { ("\(node.id), tier \(tier.name), \($0.subject)", $0.message) }
        }
        return own + nodes + tiers
    }

    private var tiers: HTML {
        let sums = Dictionary(grouping: cluster.nodes.flatMap(\.tiers), by: \.name)
        let rows = sums.sorted { $0.key < $1.key }.prefix(Self.mostRows).map { name, tiers in
            Self.row(of: name, tiers)
        }
        return """
            <h2>Tiers</h2>
            <table>
            <tr><th>Tier</th><th>Nodes</th><th>Size</th><th>Available</th><th>In use</th></tr>
            \(HTML(joining: rows))
            </table>
            \(Self.rest(sums.count - rows.count))
            """
    }

    private static func row(of name: String, _ tiers: [ClusterView.Tier]) -> HTML {
        let total = tiers.map(\.totalBytes).reduce(0, +)
        let available = tiers.map(\.availableBytes).reduce(0, +)
        let usable = tiers.count(where: \.isAvailable)
        let used = total > 0 ? Double(max(0, total - available)) / Double(total) : 0
        let percent = Int((used * 100).rounded())
        return """
            <tr><td>\(name)</td><td>\(usable) of \(tiers.count)</td><td>\(ByteCount(total).short)</td>\
            <td>\(ByteCount(available).short)</td><td><meter min="0" max="100" high="90" \
            value="\(percent)">\(percent)%</meter> \(percent)%</td></tr>
            """
    }

    private var nodes: HTML {
        // Those that somebody has to look after come first.
        let order = ["silent", "late", "leaving", "lost"]
        let sorted = cluster.nodes.sorted { one, other in
            let places = [one, other].map { order.firstIndex(of: $0.state) ?? order.count }
            return (places[0], one.id) < (places[1], other.id)
        }
        let rows = sorted.prefix(Self.mostRows).map(Self.row)
        return """
            <h2>Nodes</h2>
            <table>
            <tr><th>Node</th><th>State</th><th>Seen</th><th>Version</th><th>Address</th>\
            <th>Volumes</th><th>Tiers</th></tr>
            \(HTML(joining: rows))
            </table>
            \(Self.rest(sorted.count - rows.count))
            """
    }

    private static func row(of node: ClusterView.Node) -> HTML {
        let tiers = node.tiers.map { tier -> HTML in
            let room =
                tier.isAvailable ? "\(ByteCount(tier.availableBytes).short) free" : "unavailable"
            return "\(tier.name): \(room)<br>"
        }
        return """
            <tr class="\(node.state)"><td>\(node.id)</td><td>\(node.state)</td>\
            <td>\(node.ageMilliseconds / 1000) s ago</td><td>\(node.version)</td>\
            <td>\(node.address)</td><td>\(node.tiers.map(\.volumes).reduce(0, +))</td>\
            <td>\(HTML(joining: tiers))</td></tr>
            """
    }

    private static func rest(_ count: Int) -> HTML {
        count > 0 ? "<p>and \(count) more: <code>cairn status</code> shows all</p>" : ""
    }

    private static let style: HTML = """
        :root { color-scheme: light dark; }
        body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; max-width: 72rem; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top; }
        td { border-top: 1px solid #8884; overflow-wrap: anywhere; }
        meter { width: 8rem; }
        .problems { border-left: .3rem solid #d33; padding-left: 1.6rem; }
        .silent, .lost { color: #d33; }
        .late, .leaving { color: #b70; }
        """
}
