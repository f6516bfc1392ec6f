import DriverCore

/// A value with its key, converted to the type that the schema requires.
package struct NamedNode: Sendable {
    package let name: String
    package let node: ConfigurationNode

    package var line: Int { node.line }

    /// A complaint about this value: "'name' accepts ..., not ...".
    package func refusal(accepted: String) -> ConfigurationProblem {
        ConfigurationProblem(line: line, "'\(name)' accepts \(accepted), not \(node.kind)")
    }

    package func text(accepted: String) throws(ConfigurationProblem) -> String {
        guard case .text(let text, _) = node.content else { throw refusal(accepted: accepted) }
        return text
    }

    package func list(of what: String) throws(ConfigurationProblem) -> [ConfigurationNode] {
        guard case .list(let items) = node.content else {
            throw refusal(accepted: "a list of \(what)")
        }
        return items
    }

    /// `true` or `false`, and none of YAML's other spellings.
    package func flag() throws(ConfigurationProblem) -> Bool {
        guard case .text(let text, isPlain: true) = node.content, let flag = Bool(text) else {
            throw refusal(accepted: "true or false")
        }
        return flag
    }

    package func choice<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type)
        throws(ConfigurationProblem) -> Choice
    {
        let accepted = listed(Choice.allCases.map(\.rawValue))
        guard let choice = Choice(rawValue: try text(accepted: accepted)) else {
            throw refusal(accepted: accepted)
        }
        return choice
    }

    /// A whole number without sign, in decimal digits.
    package func integer(_ range: ClosedRange<Int>, accepted: String) throws(ConfigurationProblem)
        -> Int
    {
        guard case .text(let text, isPlain: true) = node.content,
            let number = Self.integer(text), range.contains(number)
        else { throw refusal(accepted: accepted) }
        return number
    }

    /// A whole share: `20%`.
    package func percent(_ range: ClosedRange<Int>, accepted: String? = nil)
        throws(ConfigurationProblem)
        -> Int
    {
        let accepted = accepted ?? "\(range.lowerBound)% to \(range.upperBound)%"
        let text = try text(accepted: accepted)
        guard let digits = text.removingByteSuffix("%"), let share = Self.integer(digits),
            range.contains(share)
        else { throw refusal(accepted: accepted) }
        return share
    }

    private static func integer(_ text: some StringProtocol) -> Int? {
        text.isDecimal ? Int(text) : nil
    }

    /// A decimal number without sign or exponent, at least `smallest`.
    package func number(atLeast smallest: Double) throws(ConfigurationProblem) -> Double {
        let accepted = "a number of at least \(smallest)"
        guard case .text(let text, isPlain: true) = node.content,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            !text.hasBytePrefix("."),
            let number = Double(text), number.isFinite, number >= smallest
        else { throw refusal(accepted: accepted) }
        return number
    }
}
