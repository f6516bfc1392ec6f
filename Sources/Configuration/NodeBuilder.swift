/// Builds the tree from the parser's events.
///
/// Refuses everything that makes a file mean something other than it seems: duplicate keys,
/// anchors, aliases, tags and several documents.
struct NodeBuilder {
    /// The deepest that any schema of ours goes is 5.
    private static let deepest = 16

    private let events: [YAMLEvent]
    private var position = 0

    private init(_ events: [YAMLEvent]) { self.events = events }

    /// The tree of the one document.
    static func build(_ events: [YAMLEvent]) throws(ConfigurationProblem) -> ConfigurationNode {
        guard events.first?.kind == .document, events.count > 1 else {
            throw ConfigurationProblem(line: 1, "the file is empty")
        }
        var builder = NodeBuilder(events)
        builder.position = 1
        let root = try builder.node(depth: 0)
        if builder.position < events.count {
            throw ConfigurationProblem(
                line: events[builder.position].line,
                "a second document is not accepted"
            )
        }
        return root
    }

    private mutating func node(depth: Int) throws(ConfigurationProblem) -> ConfigurationNode {
        let event = events[position]
        position += 1
        try Self.refuseIndirection(event)
        guard depth <= Self.deepest else {
            throw ConfigurationProblem(line: event.line, "the value is nested too deeply")
        }
        let content: ConfigurationNode.Content =
            switch event.kind {
            case .scalar(let text, let isPlain): .text(text, isPlain: isPlain)
            case .listStart: .list(try list(depth: depth))
            case .mappingStart: .mapping(try mapping(depth: depth))
            case .document, .listEnd, .mappingEnd, .alias:
                throw ConfigurationProblem(line: event.line, "a value is missing")
            }
        return ConfigurationNode(line: event.line, content: content)
    }

    private mutating func list(depth: Int) throws(ConfigurationProblem) -> [ConfigurationNode] {
        var items: [ConfigurationNode] = []
        while events[position].kind != .listEnd { items.append(try node(depth: depth + 1)) }
        position += 1
        return items
    }

    private mutating func mapping(depth: Int) throws(ConfigurationProblem)
        -> [ConfigurationNode.Entry]
    {
        var entries: [ConfigurationNode.Entry] = []
        var lines: [String: Int] = [:]
        while events[position].kind != .mappingEnd {
            let key = try node(depth: depth + 1)
            guard case .text(let name, _) = key.content else {
                throw ConfigurationProblem(line: key.line, "a key must be text")
            }
            if let first = lines.updateValue(key.line, forKey: name) {
                throw ConfigurationProblem(
                    line: key.line,
                    "'\(name)' is already on line \(first); remove one of them"
                )
            }
            let value = try node(depth: depth + 1)
            entries.append(
                ConfigurationNode.Entry(key: name, keyLine: key.line, value: value)
            )
        }
        position += 1
        return entries
    }

    private static func refuseIndirection(_ event: YAMLEvent) throws(ConfigurationProblem) {
        if event.hasAnchor || event.kind == .alias {
            throw ConfigurationProblem(
                line: event.line,
                "anchors and aliases are not accepted; write the value out"
            )
        }
        if event.hasTag {
            throw ConfigurationProblem(line: event.line, "tags (!...) are not accepted")
        }
    }
}
