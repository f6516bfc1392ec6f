/// A report as a table for people.
struct BenchTable {
    enum Style { case aligned, markdown }

    private let cells: [[String]]
    private let style: Style

    init(_ report: BenchReport, style: Style) {
        self.style = style
        let isCompared = report.rows.contains { $0.against != nil }
        let head = ["operation", "callers", "calls", "p50", "p99", "per s"]
        let more = isCompared ? ["against p50", "p99", "per s", "ratio"] : []
        cells = [head + more] + report.rows.map { Self.row($0, isCompared: isCompared) }
    }

    /// The lines of the table.
    var lines: [String] {
        let widths = cells.reduce(into: [Int](repeating: 0, count: cells[0].count)) { widths, row in
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        let padded = cells.map { row in
            row.enumerated().map { index, cell in
                Self.pad(cell, to: widths[index], isLeft: index == 0)
            }
        }
        switch style {
        case .aligned: return padded.map { $0.joined(separator: "  ") }
        case .markdown:
            let rules = widths.enumerated().map { index, width in
                String(repeating: "-", count: index == 0 ? width : width - 1)
                    + (index == 0 ? "" : ":")
            }
            return ([padded[0], rules] + padded.dropFirst())
                .map { "| \($0.joined(separator: " | ")) |" }
        }
    }

    private static func row(_ row: BenchReport.Row, isCompared: Bool) -> [String] {
        let own = [row.operation, "\(row.callers)", "\(row.endpoint.calls)"] + cells(row.endpoint)
        guard isCompared else { return own }
        let other = row.against.map(cells) ?? ["", "", ""]
        return own + other + [row.ratio.map { "\(Self.text($0, decimals: 2))x" } ?? ""]
    }

    private static func cells(_ figures: BenchReport.Figures) -> [String] {
        [
            time(figures.p50Microseconds), time(figures.p99Microseconds),
            text(figures.callsPerSecond, decimals: figures.callsPerSecond < 100 ? 1 : 0),
        ]
    }

    /// Three digits that count, and the unit.
    static func time(_ microseconds: Double) -> String {
        switch microseconds {
        case ..<1000: "\(text(microseconds, decimals: 0)) us"
        case ..<10_000: "\(text(microseconds / 1000, decimals: 2)) ms"
        case ..<100_000: "\(text(microseconds / 1000, decimals: 1)) ms"
        case ..<1_000_000: "\(text(microseconds / 1000, decimals: 0)) ms"
        default: "\(text(microseconds / 1_000_000, decimals: 2)) s"
        }
    }

    /// A number with a fixed count of decimals.
    static func text(_ value: Double, decimals: Int) -> String {
        let factor = (0..<decimals).reduce(1) { product, _ in product * 10 }
        let scaled = Int((value * Double(factor)).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % factor)
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return "\(scaled / factor).\(zeros)\(fraction)"
    }

    private static func pad(_ text: String, to width: Int, isLeft: Bool) -> String {
        let spaces = String(repeating: " ", count: width - text.count)
        return isLeft ? text + spaces : spaces + text
    }
}
