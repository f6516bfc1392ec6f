/// A part of the file as a tree: text, list or mapping, each with its line.
package struct ConfigurationNode: Sendable {
    enum Content: Sendable {
        case text(String, isPlain: Bool)
        case list([ConfigurationNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let keyLine: Int
        let value: ConfigurationNode
    }

    let line: Int
    let content: Content

    /// The type of the node, for messages about a wrong type.
    var kind: String {
        switch content {
        case .text("", isPlain: true): "nothing"
        case .text(let text, _): "'\(text)'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// Whether the file gives a key without a value: `key:`, `key: ~` or `key: null`.
    var isAbsent: Bool {
        guard case .text(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}
