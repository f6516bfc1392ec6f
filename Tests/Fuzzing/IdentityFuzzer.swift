import DriverCore

/// The ids that come back from the orchestrator, and tokens of pages, which are ids.
enum IdentityFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        check(VolumeID.self, text)
        check(SnapshotID.self, text)
    }

    /// The second opinion: a look at each byte by its place.
    private static func check<ID: ObjectID>(_ type: ID.Type, _ text: String) {
        let bytes = Array(text.utf8)
        let isID =
            bytes.count == 52 && bytes.starts(with: ID.prefix.utf8)
            && bytes.indices.dropFirst(2).allSatisfy { index in
                index == 2 || index == 19
                    ? bytes[index] == UInt8(ascii: "-")
                    : "0123456789abcdef".utf8.contains(bytes[index])
            }
        let id = ID(parsing: text)
        require((id != nil) == isID, "'\(text)' is \(isID ? "an" : "no") id of \(ID.prefix)")
        guard let id else { return }
        require(id.text.utf8.elementsEqual(bytes), "an id reads differently than it was written")
        require(ID(parsing: id.description) == id, "an id is another one the second time")
        require(id.nodeDigest.utf8.elementsEqual(bytes[3..<19]), "'\(text)' is of another node")
    }
}

/// Sizes as people write them.
enum SizeFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        guard let count = ByteCount(parsing: text) else { return }
        require(count >= .zero, "the size '\(text)' became negative")
        require(
            ByteCount(parsing: "\(count.bytes)") == count,
            "the size '\(text)' changes when it is written and read"
        )
        require(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "'\(text)' was taken for a size")
        let isMultiple = count.roundedDown(toMultipleOf: .kibibytes(4))
        require(isMultiple <= count, "\(count) was rounded down to \(isMultiple)")
        if let above = count.roundedUp(toMultipleOf: .kibibytes(4)) {
            require(above >= count, "\(count) was rounded up to \(above)")
        }
    }
}
