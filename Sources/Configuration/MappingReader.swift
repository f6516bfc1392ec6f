import DriverCore

/// The keys of one mapping, all of them known.
package struct MappingReader {
    /// Where the mapping begins.
    package let line: Int
    /// What the mapping describes, for messages: `a tier`.
    private let what: String
    private let entries: [ConfigurationNode.Entry]

    /// Refuses anything but a mapping, and every key that is not in `keys`.
    package init(_ node: ConfigurationNode, of what: String, keys: [String])
        throws(ConfigurationProblem)
    {
        guard case .mapping(let entries) = node.content else {
            throw ConfigurationProblem(
                line: node.line,
                "\(what) must be a mapping with the keys \(listed(keys)), not \(node.kind)"
            )
        }
        for entry in entries where !keys.contains(entry.key) {
            throw ConfigurationProblem(
                line: entry.keyLine,
                "\(what) cannot have the key '\(entry.key)'"
                    + Spelling(keys: keys).hint(for: entry.key) + "; accepted are \(listed(keys))"
            )
        }
        line = node.line
        self.what = what
        self.entries = entries
    }

    /// The value of a key, or nil where the key is not there; a key without a value is refused.
    package func optional(_ key: String) throws(ConfigurationProblem) -> NamedNode? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        guard !entry.value.isAbsent else {
            throw ConfigurationProblem(line: entry.keyLine, "'\(key)' has no value")
        }
        return NamedNode(name: key, node: entry.value)
    }

    package func required(_ key: String) throws(ConfigurationProblem) -> NamedNode {
        guard let node = try optional(key) else {
            throw ConfigurationProblem(line: line, "\(what) needs the key '\(key)'")
        }
        return node
    }

    /// Which of the keys are there, in the order of the file, with their lines.
    package func present(among keys: [String]) -> [(key: String, line: Int)] {
        entries.filter { keys.contains($0.key) }.map { ($0.key, $0.keyLine) }
    }
}

func listed(_ names: [String]) -> String { names.joined(separator: ", ") }
