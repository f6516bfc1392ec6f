/// A map of secret values that no log line, error message or reflection can print.
///
/// The values are reached by ``withValue(of:_:)`` only, at the one place that needs them.
package struct Secrets: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let values: [String: String]

    package init(_ values: [String: String] = [:]) { self.values = values }

    package var isEmpty: Bool { values.isEmpty }

    package func withValue<Result>(of key: String, _ body: (String) -> Result) -> Result? {
        values[key].map(body)
    }

    /// All pairs, for encoding onto the wire; no other use.
    package func revealForWire() -> [String: String] { values }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
