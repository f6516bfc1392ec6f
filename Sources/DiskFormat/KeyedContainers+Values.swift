package import DriverCore

/// Domain values in files; a value that no driver writes is damage.
extension KeyedDecodingContainer {
    package func size(_ key: Key) throws -> ByteCount {
        let bytes = try decode(Int64.self, forKey: key)
        guard bytes >= 0 else { throw damage(key, "\(bytes) is not a size") }
        return ByteCount(bytes)
    }

    package func id<ID: ObjectID>(_ key: Key) throws -> ID {
        let text = try decode(String.self, forKey: key)
        guard let id = ID(parsing: text) else {
            throw damage(key, "'\(text)' is not an id that begins with \(ID.prefix)")
        }
        return id
    }

    /// A value out of a fixed list; one that a newer driver knows must not be taken for another.
    package func choice<Choice: RawRepresentable<String>>(_ key: Key) throws -> Choice {
        let text = try decode(String.self, forKey: key)
        guard let choice = Choice(rawValue: text) else {
            throw damage(key, "'\(text)' is unknown")
        }
        return choice
    }

    /// The same for a key that may be missing.
    package func choiceIfPresent<Choice: RawRepresentable<String>>(_ key: Key) throws -> Choice? {
        try contains(key) && !decodeNil(forKey: key) ? choice(key) : nil
    }

    /// A number out of a fixed list.
    package func choiceIfPresent<Choice: RawRepresentable<Int>>(_ key: Key) throws -> Choice? {
        guard let number = try decodeIfPresent(Int.self, forKey: key) else { return nil }
        guard let choice = Choice(rawValue: number) else {
            throw damage(key, "'\(number)' is unknown")
        }
        return choice
    }

    package func damage(_ key: Key, _ problem: String) -> DecodingError {
        .dataCorruptedError(forKey: key, in: self, debugDescription: problem)
    }
}

extension KeyedEncodingContainer {
    package mutating func encode(_ size: ByteCount, forKey key: Key) throws {
        try encode(size.bytes, forKey: key)
    }

    package mutating func encode(_ id: some ObjectID, forKey key: Key) throws {
        try encode(id.text, forKey: key)
    }
}
