/// Text from outside is taken apart and compared by its bytes, as the kernel, LVM and other programs
/// do it.
///
/// Swift's own `split`, `hasPrefix`, `dropFirst` and `==` work on characters. A character that joins
/// with its neighbour hides a slash or a comma from them, and two texts with different bytes are
/// equal to them where Unicode calls them equivalent. The separators here are ASCII, which is never
/// a part of another scalar in UTF-8, so each part is valid text again.
///
/// All of it is inlinable, so that each caller has code of its own for the types it has: generic
/// code of another module asks for every byte through a witness table, and a look at an LVM group
/// takes ten thousand tags apart.
extension StringProtocol where SubSequence == Substring {
    /// The parts between the separators; empty ones only where they are asked for.
    @inlinable package func byteSplit(
        separator: Unicode.Scalar,
        maxSplits: Int = .max,
        omittingEmptySubsequences: Bool = true
    ) -> [Substring] {
        utf8.split(
            separator: UInt8(ascii: separator),
            maxSplits: maxSplits,
            omittingEmptySubsequences: omittingEmptySubsequences
        ).map { self[$0.startIndex..<$0.endIndex] }
    }

    /// The words between ASCII white space.
    @inlinable package var byteWords: [Substring] {
        utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
            .map { self[$0.startIndex..<$0.endIndex] }
    }

    @inlinable package func hasSameBytes(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }

    @inlinable package func containsByte(_ byte: Unicode.Scalar) -> Bool {
        utf8.contains(UInt8(ascii: byte))
    }

    @inlinable package func hasBytePrefix(_ prefix: String) -> Bool {
        utf8.starts(with: prefix.utf8)
    }

    @inlinable package func hasByteSuffix(_ suffix: String) -> Bool {
        utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// What follows the prefix; nil where the text does not begin with it.
    @inlinable package func removingBytePrefix(_ prefix: String) -> Substring? {
        guard hasBytePrefix(prefix) else { return nil }
        return self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...]
    }

    /// What precedes the suffix; nil where the text does not end with it.
    @inlinable package func removingByteSuffix(_ suffix: String) -> Substring? {
        guard hasByteSuffix(suffix) else { return nil }
        return self[..<utf8.index(startIndex, offsetBy: utf8.count - suffix.utf8.count)]
    }

    /// What precedes the first such byte; all where there is none.
    @inlinable package func bytePrefix(before byte: Unicode.Scalar) -> Substring {
        self[..<(utf8.firstIndex(of: UInt8(ascii: byte)) ?? endIndex)]
    }

    /// What follows the first such byte; nil where there is none.
    @inlinable package func byteSuffix(after byte: Unicode.Scalar) -> Substring? {
        guard let index = utf8.firstIndex(of: UInt8(ascii: byte)) else { return nil }
        return self[utf8.index(after: index)...]
    }

    /// The text with each occurrence of some bytes replaced.
    @inlinable package func replacingBytes(_ old: String, with new: String) -> String {
        var (rest, bytes) = (utf8[...], [UInt8]())
        while let byte = rest.first {
            if rest.starts(with: old.utf8) {
                bytes += new.utf8
                rest = rest.dropFirst(old.utf8.count)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text, or its beginning and `...` where it has more bytes than `limit`; for messages.
    @inlinable package func shortened(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return String(self) }
        let bytes = Array(utf8.prefix(limit + 1))
        var end = limit
        // Back to the first byte of a scalar.
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self) + "..."
    }
}

extension StringProtocol {
    /// Whether it is made of ASCII digits alone, at least one.
    @inlinable package var isDecimal: Bool {
        !isEmpty && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

/// Text as a key of a set or a dictionary: equal only where all bytes are.
package struct ByteKey: Sendable, Hashable {
    package let text: String

    @inlinable package init(_ text: some StringProtocol) { self.text = String(text) }

    @inlinable package static func == (left: ByteKey, right: ByteKey) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    /// By the text: what has the same bytes is equal text, too.
    @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
