import DriverCore

/// Aligned columns, two spaces apart; the last one is not padded.
struct TextTable {
    enum Alignment { case left, right }

    struct Column {
        let title: String
        var alignment = Alignment.left
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// The cell for an unknown value.
    static let nothing = "-"

    /// Adds a row; nil and empty cells show a dash.
    mutating func add(_ cells: [String?]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells.map { $0.flatMap { $0.isEmpty ? nil : $0.printable } ?? Self.nothing })
    }

    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { index in lines.map { $0[index].count }.max() ?? 0 }
        return lines.map { line($0, widths) }.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let gap = String(repeating: " ", count: max(0, widths[index] - cell.count))
            if index > 0 { line += "  " }
            switch columns[index].alignment {
            case .left: line += cell + (index == cells.count - 1 ? "" : gap)
            case .right: line += gap + cell
            }
        }
        return line
    }
}

/// Facts of one object, one a line: `size    10Gi`.
struct FactList {
    private var facts: [(name: String, value: String)] = []

    /// Adds a fact; nothing where the value is nil or empty.
    mutating func add(_ name: String, _ value: String?) {
        if let value, !value.isEmpty { facts.append((name, value.printable)) }
    }

    var text: String {
        let width = facts.map(\.name.count).max() ?? 0
        return facts.map { fact in
            fact.name + String(repeating: " ", count: width - fact.name.count + 2) + fact.value
        }.joined(separator: "\n")
    }
}
