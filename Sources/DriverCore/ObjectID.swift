/// The identity of a volume or a snapshot: `v1-<16 hex>-<32 hex>` or `s1-<16 hex>-<32 hex>`.
///
/// The first group is cut from SHA-256(node id), the second from SHA-256(name), so a retry after
/// any crash computes the same id, and an id tells its node. The grammar is exact: an id that was
/// parsed is safe as one path component and as an LVM name.
package protocol ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// `v1` or `s1`.
    static var prefix: String { get }
    var text: String { get }
    init(validated text: String)
}

extension ObjectID {
    /// Parses an id; nil for anything that is not exactly of this kind.
    package init?(parsing text: String) {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard groups.count == 3, groups[0].elementsEqual(Self.prefix.utf8),
            groups[1].count == 16, groups[2].count == 32,
            groups[1].allSatisfy(isLowercaseHex), groups[2].allSatisfy(isLowercaseHex)
        else { return nil }
        self.init(validated: text)
    }

    /// Builds the id from the two full SHA-256 digests in lowercase hex (64 digits each).
    package init(nodeDigest: String, nameDigest: String) {
        precondition(nodeDigest.utf8.count == 64 && nameDigest.utf8.count == 64)
        self.init(
            validated: "\(Self.prefix)-\(nodeDigest.prefix(16))-\(nameDigest.prefix(32))"
        )
    }

    /// The 16 hex digits that name the node.
    package var nodeDigest: Substring { text.dropFirst(3).prefix(16) }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

private func isLowercaseHex(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}

package struct VolumeID: ObjectID {
    package static let prefix = "v1"
    package let text: String
    package init(validated text: String) { self.text = text }
}

package struct SnapshotID: ObjectID {
    package static let prefix = "s1"
    package let text: String
    package init(validated text: String) { self.text = text }
}
