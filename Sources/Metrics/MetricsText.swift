import DriverCore

/// A page of figures in the text form that Prometheus reads.
///
/// Source: "Exposition formats" of the Prometheus documentation, version 0.0.4 of the text form.
package struct MetricsText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package private(set) var text = ""

    package init() {}

    /// Begins a family of figures; its samples follow.
    ///
    /// `name` and label names are the caller's own and must fit the form: letters, digits and
    /// underscores.
    package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(
        _ name: String,
        _ value: Double,
        _ labels: KeyValuePairs<String, String> = [:]
    ) {
        add(name, Self.number(value), labels)
    }

    package mutating func sample(
        _ name: String,
        _ value: some FixedWidthInteger,
        _ labels: KeyValuePairs<String, String> = [:]
    ) {
        add(name, String(value), labels)
    }

    private mutating func add(
        _ name: String,
        _ value: String,
        _ labels: KeyValuePairs<String, String>
    ) {
        text += name
        if !labels.isEmpty {
            let parts = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            text += "{" + parts.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        guard value.isInfinite else { return "\(value)" }
        return value < 0 ? "-Inf" : "+Inf"
    }

    /// The form knows three escapes; what else is hidden stands in the value as ``String/printable``
    /// writes it, since whoever shows the figures shows the value as it is.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            case _ where scalar.isHidden: result += "\\" + scalar.printable
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
