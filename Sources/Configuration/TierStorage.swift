/// A tier's storage, as the tiers file tells it; each kind of backend has its own type.
package protocol TierStorage: Sendable {
    /// The key of the tier that holds it: `loop`.
    static var key: String { get }
    /// What lies below the tier, for people and for controllers: the key, or a word for one form of it.
    var kind: String { get }

    /// Reads the value of the key; whatever is wrong in it is refused with its line.
    init(_ node: NamedNode) throws(ConfigurationProblem)

    /// A complaint where both keep their data in one place; nil where they do not.
    ///
    /// `tier` is the name of the other one's tier.
    func collision(with other: any TierStorage, of tier: String) -> ConfigurationProblem?
}

extension TierStorage {
    package var kind: String { Self.key }
}
