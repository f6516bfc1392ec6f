/// A value and the key it stands under, turned into what the schema wants.
struct NamedNode {
    let name: String
    let node: ConfigurationNode

    var line: Int { node.line }

    /// A complaint about this value: "'name' accepts ..., not ...".
    func refusal(accepted: String) -> ConfigurationProblem {
        ConfigurationProblem(line: line, "'\(name)' accepts \(accepted), not \(node.kind)")
    }

    func text(accepted: String) throws(ConfigurationProblem) -> String {
        guard case .text(let text, _) = node.content else { throw refusal(accepted: accepted) }
        return text
    }

    func list(of what: String) throws(ConfigurationProblem) -> [ConfigurationNode] {
        guard case .list(let items) = node.content else {
            throw refusal(accepted: "a list of \(what)")
        }
        return items
    }

    /// `true` or `false`, and none of YAML's other spellings.
    func flag() throws(ConfigurationProblem) -> Bool {
        guard case .text(let text, isPlain: true) = node.content, let flag = Bool(text) else {
            throw refusal(accepted: "true or false")
        }
        return flag
    }

    func choice<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type)
        throws(ConfigurationProblem) -> Choice
    {
        let accepted = listed(Choice.allCases.map(\.rawValue))
        guard let choice = Choice(rawValue: try text(accepted: accepted)) else {
            throw refusal(accepted: accepted)
        }
        return choice
    }

    /// A decimal number without sign or exponent, at least `smallest`.
    func number(atLeast smallest: Double) throws(ConfigurationProblem) -> Double {
        let accepted = "a number of at least \(smallest)"
        guard case .text(let text, isPlain: true) = node.content,
            text.allSatisfy({ $0 == "." || $0.isASCII && $0.isNumber }), text.first != ".",
            let number = Double(text), number.isFinite, number >= smallest
        else { throw refusal(accepted: accepted) }
        return number
    }
}
