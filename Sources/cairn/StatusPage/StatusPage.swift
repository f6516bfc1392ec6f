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
        \(HTML.statusStyle)
        </style>
        </head>
        <body>
        <header>
        <h1>Cairn</h1>
        <p>\(summary)</p>
        <p class="quiet">controller \(cluster.controllerVersion), refreshed every \(Self.refreshSeconds) s</p>
        </header>
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
        return "<p class=\"note\">This controller has just started; nodes may be missing.</p>"
    }

    private var problems: HTML {
        let all = cluster.nodes.flatMap(\.placedProblems)
        guard !all.isEmpty else { return "<h2>Problems</h2>\n<p class=\"well\">none</p>" }
        let items = all.prefix(Self.mostProblems).map { problem -> HTML in
            "<li><b>\(problem.place)</b> \(problem.message)</li>"
        }
        return """
            <h2>Problems <span class="count">\(all.count)</span></h2>
            <ul class="problems">
            \(HTML(joining: items))
            </ul>
            \(Self.rest(all.count - items.count))
            """
    }

    private var tiers: HTML {
        let all = cluster.nodes.flatMap { node in
            node.tiers.map { (tier: $0, isUsable: $0.isAvailable && Self.isHeard(node)) }
        }
        let sums = Dictionary(grouping: all, by: \.tier.name)
        let rows = sums.sorted { $0.key < $1.key }.prefix(Self.mostRows).map { name, tiers in
            Self.row(of: name, usable: tiers.filter(\.isUsable).map(\.tier), on: tiers.count)
        }
        return """
            <h2>Tiers</h2>
            <div class="scrolls"><table>
            <tr><th>Tier</th><th class="wide">In use</th><th>Free</th><th>Size</th><th>Volumes</th>\
            <th>Nodes</th></tr>
            \(HTML(joining: rows))
            </table></div>
            \(Self.rest(sums.count - rows.count))
            """
    }

    private static func isHeard(_ node: ClusterView.Node) -> Bool {
        node.state != "silent" && node.state != "lost"
    }

    /// The row of a tier: the sums over the nodes where it can be used, and the number of nodes
    /// with the tier.
    private static func row(of name: String, usable tiers: [ClusterView.Tier], on nodes: Int)
        -> HTML
    {
        let total = tiers.map(\.totalBytes).reduce(0, +)
        let free = tiers.map(\.availableBytes).reduce(0, +)
        return """
            <tr><td>\(name)</td><td>\(bar(total: total, free: free))</td>\
            <td>\(ByteCount(free).short)</td><td>\(ByteCount(total).short)</td>\
            <td>\(tiers.map(\.volumes).reduce(0, +))</td><td>\(tiers.count) of \(nodes)</td></tr>
            """
    }

    /// The used share as a bar with a number.
    private static func bar(total: Int64, free: Int64) -> HTML {
        let used = total > 0 ? Double(max(0, total - free)) / Double(total) : 0
        let percent = Int((used * 100).rounded())
        return """
            <span class="room"><span class="bar\(percent >= 90 ? " full" : "")" role="meter" \
            aria-valuemin="0" aria-valuemax="100" aria-valuenow="\(percent)">\
            <span style="width:\(percent)%"></span></span> \(percent)%</span>
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
            <div class="scrolls"><table>
            <tr><th>Node</th><th>State</th><th class="wide">Tiers</th><th>Volumes</th><th>Seen</th>\
            <th>Version</th><th>Address</th></tr>
            \(HTML(joining: rows))
            </table></div>
            \(Self.rest(sorted.count - rows.count))
            """
    }

    private static func row(of node: ClusterView.Node) -> HTML {
        """
        <tr class="\(node.state)"><td>\(node.id)</td><td><span class="state">\(node.state)</span></td>\
        <td>\(HTML(joining: node.tiers.map(line)))</td><td>\(node.tiers.map(\.volumes).reduce(0, +))</td>\
        <td>\(node.ageMilliseconds / 1000) s ago</td><td>\(node.version)</td><td>\(node.address)</td></tr>
        """
    }

    /// A tier in its node's row.
    private static func line(of tier: ClusterView.Tier) -> HTML {
        guard tier.isAvailable else {
            return
                "<div class=\"tier\"><span>\(tier.name)</span> <span class=\"bad\">unavailable</span></div>"
        }
        return """
            <div class="tier"><span>\(tier.name)</span> \(bar(total: tier.totalBytes, free: tier.availableBytes))\
            <span class="quiet">\(ByteCount(tier.availableBytes).short) free of \
            \(ByteCount(tier.totalBytes).short)</span></div>
            """
    }

    private static func rest(_ count: Int) -> HTML {
        count > 0 ? "<p>and \(count) more: <code>cairn status</code> shows all</p>" : ""
    }
}
