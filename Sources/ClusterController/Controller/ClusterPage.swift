import CSIMessages
import CSIServing
import DriverCore

/// Where a list over all nodes goes on: a node, and the node's own token.
///
/// Nodes are listed in the order of their digests. So a token stays good while volumes and nodes
/// come and go: nothing that stays is listed twice or left out.
struct ClusterToken: Sendable, Equatable {
    private static let prefix = "n1-"
    private static let digestLength = 16

    let digest: String
    /// "" for the beginning of the node's list.
    let nodeToken: String

    init(digest: String, nodeToken: String) {
        self.digest = digest
        self.nodeToken = nodeToken
    }

    /// Throws `operationPending` (ABORTED, as CSI asks) for a token that is none of ours.
    init(parsing text: String) throws(DriverError) {
        let rest = text.removingBytePrefix(Self.prefix).map { Array($0.utf8) } ?? []
        let digest = rest.prefix(Self.digestLength)
        let end = rest.dropFirst(Self.digestLength)
        guard digest.count == Self.digestLength, digest.allSatisfy(Self.isHex),
            end.first == UInt8(ascii: "-")
        else { throw PageRules.foreignToken }
        self.init(
            digest: String(decoding: digest, as: UTF8.self),
            nodeToken: String(decoding: end.dropFirst(), as: UTF8.self)
        )
    }

    var text: String { "\(Self.prefix)\(digest)-\(nodeToken)" }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

/// Collects one page of a list, node after node.
struct ClusterPage<Entry: Sendable>: Sendable {
    private let count: Int
    private let start: ClusterToken?

    init(maxEntries: Int32, startingToken: String) throws(DriverError) {
        count = try PageRules.count(maxEntries)
        start = startingToken.isEmpty ? nil : try ClusterToken(parsing: startingToken)
    }

    /// `ask` returns a node's entries from one of its tokens on, at most as many as it is given, and
    /// its next token.
    func collect(
        from nodes: [ClusterNode],
        _ ask: (ClusterNode, Int32, String) async throws(DriverError) -> ([Entry], String)
    ) async throws(DriverError) -> (entries: [Entry], next: String) {
        var entries: [Entry] = []
        for node in nodes where node.digest >= start?.digest ?? "" {
            var token = node.digest == start?.digest ? start?.nodeToken ?? "" : ""
            repeat {
                guard entries.count < count else {
                    return (entries, ClusterToken(digest: node.digest, nodeToken: token).text)
                }
                let (more, next) = try await ask(node, Int32(count - entries.count), token)
                entries += more
                token = next
            } while !token.isEmpty
        }
        return (entries, "")
    }
}
