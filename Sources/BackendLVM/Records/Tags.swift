import DriverCore

/// The tags of a volume of the driver: `cairn`, and one `cairn.<fact>=<value>` per fact.
///
/// People read them with `lvs -o name,tags`; a program finds what is ours with `@cairn`.
struct Tags: Sendable, Hashable {
    /// The tag of every logical volume that Cairn made, and of no other.
    static let mark = "cairn"
    private static let prefix = "cairn."

    /// Facts by their names; some may have several values.
    ///
    /// By the bytes of the name: to LVM two names that Unicode calls equivalent are different.
    private var facts: [ByteKey: [String]] = [:]

    init() {}

    /// Parses the tags of a logical volume; nil where it is not Cairn's.
    init?(reading tags: [String]) {
        guard tags.contains(Self.mark) else { return nil }
        for fact in tags.compactMap({ $0.removingBytePrefix(Self.prefix) }) {
            let name = fact.bytePrefix(before: "=")
            facts[ByteKey(name), default: []].append(String(fact.byteSuffix(after: "=") ?? ""))
        }
    }

    /// As LVM stores them.
    var texts: [String] {
        let named = facts.flatMap { name, values in values.map { Self.tag(name.text, $0) } }
        return [Self.mark] + named.sorted()
    }

    /// For `--addtag`, each of them.
    var arguments: [String] { texts.flatMap { ["--addtag", $0] } }

    /// The major version of the tags that this driver writes and reads.
    ///
    /// It is not written: what has no version is of version 1, as the first release made it.
    static let formatVersion = 1

    /// Throws `unavailable` for tags of a newer major version, which this driver could damage.
    ///
    /// `cairn.format=1.4` is a newer minor version: it has more facts, which stay as they are.
    func checkFormat() throws(DriverError) {
        let version = try text(Fact.format) ?? String(Self.formatVersion)
        let major = version.bytePrefix(before: ".")
        guard major.isDecimal, let number = Int(major) else { throw damage(Fact.format) }
        guard number != Self.formatVersion else { return }
        throw DriverError(
            .unavailable,
            "its tags are of format \(version), and this driver knows format \(Self.formatVersion): a "
                + "newer version of Cairn has made it; use that one"
        )
    }

    static func tag(_ name: String, _ value: String) -> String { "\(prefix)\(name)=\(value)" }

    /// The escaped values of a fact, as in the tags.
    func values(of name: String) -> [String] { facts[ByteKey(name)] ?? [] }

    /// The only value of a fact; nil where it has none.
    func text(_ name: String) throws(DriverError) -> String? {
        let values = values(of: name)
        guard let value = values.first else { return nil }
        guard values.count == 1, let text = TagText.unescaped(value) else { throw damage(name) }
        return text
    }

    func required(_ name: String) throws(DriverError) -> String {
        guard let text = try text(name) else { throw damage(name) }
        return text
    }

    /// A required fact, parsed by `read`.
    func required<Value>(_ name: String, _ read: (String) -> Value?) throws(DriverError) -> Value {
        guard let value = try read(required(name)) else { throw damage(name) }
        return value
    }

    /// An optional fact, parsed by `read`.
    func optional<Value>(_ name: String, _ read: (String) -> Value?) throws(DriverError) -> Value? {
        guard let text = try text(name) else { return nil }
        guard let value = read(text) else { throw damage(name) }
        return value
    }

    /// A required size; a negative one is damage.
    func byteCount(_ name: String) throws(DriverError) -> ByteCount {
        let bytes = try required(name) { text in Int64(text).flatMap { $0 >= 0 ? $0 : nil } }
        return ByteCount(bytes)
    }

    mutating func set(_ name: String, _ text: String?) {
        facts[ByteKey(name)] = text.map { [TagText.escaped($0)] }
    }

    /// Sets values whose parts are already escaped.
    mutating func set(_ name: String, escaped values: [String]) {
        facts[ByteKey(name)] = values.isEmpty ? nil : values
    }

    /// Every fact whose name begins so, without that beginning.
    func facts(beginning start: String) -> [(name: String, values: [String])] {
        facts.compactMap { key, values in
            key.text.removingBytePrefix(start).map { (name: String($0), values: values) }
        }
    }

    func damage(_ name: String) -> DriverError {
        let found = values(of: name).map { Self.tag(name, $0) }.joined(separator: ", ")
        return DriverError(
            .hostFailure,
            "the tag \(Self.prefix)\(name) is \(found.isEmpty ? "missing" : "damaged: \(found)"); "
                + "put it back with lvchange --addtag, or restore the metadata with vgcfgrestore"
        )
    }
}
