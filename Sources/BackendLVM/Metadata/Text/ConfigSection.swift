import DriverCore

/// A section of a ``ConfigText``; reading a value checks that it is there and has the right type.
struct ConfigSection {
    let text: ConfigText
    let name: String
    private let first: Int?

    init(text: ConfigText, name: String, first: Int?) {
        self.text = text
        self.name = name
        self.first = first
    }

    private init(text: ConfigText, _ node: ConfigText.Node) {
        self.init(text: text, name: text.string(at: node.key), first: node.firstChild)
    }

    func sections() -> [ConfigSection] {
        nodes(from: first).filter { $0.kind == .section }.map { ConfigSection(text: text, $0) }
    }

    func section(_ key: String) throws(DriverError) -> ConfigSection? {
        guard let node = node(key) else { return nil }
        guard node.kind == .section else { throw wrong(key, "not a section") }
        return ConfigSection(text: text, node)
    }

    func string(_ key: String) throws(DriverError) -> String {
        guard let string = try optionalString(key) else { throw wrong(key, "missing") }
        return string
    }

    func optionalString(_ key: String) throws(DriverError) -> String? {
        guard let node = node(key) else { return nil }
        guard node.kind == .string else { throw wrong(key, "not a string") }
        return text.string(at: node.value)
    }

    /// A number within bounds; `missing` is returned where the key is missing.
    func integer(_ key: String, in bounds: ClosedRange<Int>, else missing: Int? = nil)
        throws(DriverError) -> Int
    {
        guard let node = node(key) else {
            guard let missing else { throw wrong(key, "missing") }
            return missing
        }
        guard node.kind == .number, let number = text.integer(at: node.value),
            bounds.contains(number)
        else { throw wrong(key, "not a number from \(bounds.lowerBound) to \(bounds.upperBound)") }
        return number
    }

    /// The strings of a list, of which a single value is one too; none where it is missing.
    func strings(_ key: String) throws(DriverError) -> [String] {
        guard let node = node(key) else { return [] }
        let elements = node.kind == .list ? nodes(from: node.firstChild) : [node]
        guard elements.allSatisfy({ $0.kind == .string }) else {
            throw wrong(key, "not a list of strings")
        }
        return elements.map { text.string(at: $0.value) }
    }

    /// Names followed by numbers, as in `["pv0", 0, "pv1", 7]`; none where the list is missing.
    func pairs(_ key: String) throws(DriverError) -> [(name: String, number: Int)] {
        guard let node = node(key) else { return [] }
        guard let pairs = pairs(of: node) else {
            throw wrong(key, "not a list of names and numbers")
        }
        return pairs
    }

    /// All lists of names and numbers, whatever they are called.
    func allPairs() -> [(name: String, number: Int)] {
        nodes(from: first).flatMap { pairs(of: $0) ?? [] }
    }

    /// All strings in the section, also in lists, except those of one key.
    func allStrings(except key: String) -> [String] {
        nodes(from: first).filter { !text.hasKey($0, key) }
            .flatMap { $0.kind == .list ? nodes(from: $0.firstChild) : [$0] }
            .filter { $0.kind == .string }.map { text.string(at: $0.value) }
    }

    func wrong(_ key: String, _ what: String) -> DriverError {
        let place = name.isEmpty ? key : "\(name)/\(key)"
        return DriverError(.hostFailure, "'\(place)' is \(what)")
    }

    private func pairs(of node: ConfigText.Node) -> [(name: String, number: Int)]? {
        guard node.kind == .list else { return nil }
        let elements = nodes(from: node.firstChild)
        guard elements.count.isMultiple(of: 2) else { return nil }
        var pairs: [(name: String, number: Int)] = []
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard elements[index].kind == .string, elements[index + 1].kind == .number,
                let number = text.integer(at: elements[index + 1].value), number >= 0
            else { return nil }
            pairs.append((text.string(at: elements[index].value), number))
        }
        return pairs
    }

    private func node(_ key: String) -> ConfigText.Node? {
        var index = first
        while let place = index {
            let node = text.node(place)
            if text.hasKey(node, key) { return node }
            index = node.next
        }
        return nil
    }

    private func nodes(from first: Int?) -> [ConfigText.Node] {
        var nodes: [ConfigText.Node] = []
        var index = first
        while let place = index {
            let node = text.node(place)
            nodes.append(node)
            index = node.next
        }
        return nodes
    }
}
