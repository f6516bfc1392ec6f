/// The keys of an object on disk that this version does not know, with their values.
///
/// A newer minor version adds keys and leaves the version of the format alone. A driver that does not
/// know them writes them back as it read them, so a downgrade and an upgrade lose nothing.
package struct UnknownKeys: Sendable, Hashable {
    private var values: [String: JSONValue] = [:]

    package init() {}

    package var isEmpty: Bool { values.isEmpty }

    /// Reads every key of the object that `Known` does not name.
    package init<Known: CodingKey>(in decoder: any Decoder, besides known: Known.Type) throws {
        let object = try decoder.container(keyedBy: AnyKey.self)
        for key in object.allKeys where Known(stringValue: key.stringValue) == nil {
            values[key.stringValue] = try object.decode(JSONValue.self, forKey: key)
        }
    }

    /// Writes the keys into the object whose known keys the caller writes.
    package func encode(to encoder: any Encoder) throws {
        guard !isEmpty else { return }
        var object = encoder.container(keyedBy: AnyKey.self)
        for (key, value) in values { try object.encode(value, forKey: AnyKey(stringValue: key)) }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
