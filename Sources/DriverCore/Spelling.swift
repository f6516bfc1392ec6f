/// Finds the key that was probably meant by an unknown one.
package struct Spelling: Sendable {
    /// The keys that are accepted.
    private let keys: [String]
    /// Other common names of keys, folded as by ``fold(_:)``, with the right name.
    private let synonyms: [String: String]

    package init(keys: [String], synonyms: [String: String] = [:]) {
        self.keys = keys
        self.synonyms = synonyms
    }

    /// How many letters may be wrong, of at least twice as many.
    private static let mostMistakes = 2

    /// The question to add to a refusal: " (did you mean 'tier'?)"; empty where nothing is close.
    package func hint(for key: String) -> String {
        closest(to: key).map { " (did you mean '\($0)'?)" } ?? ""
    }

    private func closest(to key: String) -> String? {
        let folded = Self.fold(key)
        guard !folded.isEmpty else { return nil }
        if let same = keys.first(where: { Self.fold($0) == folded }) { return same }
        if let right = synonyms[String(decoding: folded, as: UTF8.self)] { return right }
        let most = min(Self.mostMistakes, folded.count / 2)
        let near = keys.map { ($0, Self.distance(Self.fold($0), folded)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= most else { return nil }
        return near.0
    }

    /// The letters and digits behind the last slash, in lower case: `csi.storage.k8s.io/fsType` and
    /// `fs-type` are both `fstype`.
    private static func fold(_ key: String) -> [UInt8] {
        // As long as a key may be; a longer one is nobody's slip.
        let name = key.utf8.prefix(128).split(separator: UInt8(ascii: "/")).last ?? []
        return name.compactMap { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            default: nil
            }
        }
    }

    /// How many letters must be changed, added or left out to make one of the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in right.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
