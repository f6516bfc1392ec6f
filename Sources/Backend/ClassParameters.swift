package import DriverCore

/// Something that a StorageClass may ask of one kind of backend only, read from the class's
/// parameters; each kind has its own type.
package protocol Tailoring: Sendable {
    /// Why a tier of any other kind cannot have such volumes, and for which tiers the parameters are.
    var lack: String { get }
}

extension Tailoring {
    /// Not final for the whole cluster: another node's tier of that name may be of the right kind.
    package var refusal: DriverError { DriverError(.outOfSpace, lack) }
}

/// The StorageClass parameters that one kind of backend owns.
package struct ClassParameters: Sendable {
    package let keys: [String]
    /// What people call a key, its letters and digits in lower case, and the key.
    package let synonyms: [String: String]
    /// What a class asks for; nil where it has none of the keys.
    ///
    /// Throws `invalidRequest` for a value that no tier of the kind takes.
    package let read: @Sendable ([String: String]) throws(DriverError) -> (any Tailoring)?

    package init(
        keys: [String],
        synonyms: [String: String] = [:],
        read: @escaping @Sendable ([String: String]) throws(DriverError) -> (any Tailoring)?
    ) {
        self.keys = keys
        self.synonyms = synonyms
        self.read = read
    }
}
