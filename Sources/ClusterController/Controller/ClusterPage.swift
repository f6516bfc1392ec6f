import CSIMessages
import CSIServing
import DriverCore

/// Where a list over all nodes continues: a node, and the node's own token.
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

/// Collects one page of a list, node by node; some nodes are asked in advance.
struct ClusterPage<Entry: Sendable>: Sendable {
    typealias Part = (entries: [Entry], next: String)
    /// A node's entries from one of its tokens on, at most as many as it is given, and its next token.
    typealias Ask =
        @Sendable (ClusterNode, Int32, String) async throws(DriverError) -> (
            entries: [Entry], next: String
        )

    /// The most nodes that are asked in advance, because most must be connected to first.
    private static var mostAhead: Int { 32 }

    private let count: Int
    private let start: ClusterToken?

    init(maxEntries: Int32, startingToken: String) throws(DriverError) {
        count = try PageRules.count(maxEntries)
        start = startingToken.isEmpty ? nil : try ClusterToken(parsing: startingToken)
    }

    /// `expected` estimates the entries of a node: it decides how many nodes are asked in advance,
    /// never which.
    func collect(
        from nodes: [ClusterNode],
        expecting expected: (ClusterNode) -> Int64,
        _ ask: @escaping Ask
    ) async throws(DriverError) -> Part {
        let nodes = nodes.filter { $0.digest >= start?.digest ?? "" }
        let page = await withTaskGroup(of: Answer.self) { group -> Result<Part, DriverError> in
            defer { group.cancelAll() }
            var entries: [Entry] = []
            var (asked, outstanding) = (0, Int64(0))
            var answers: [Int: Result<Part, DriverError>] = [:]
            for (index, node) in nodes.enumerated() {
                guard entries.count < count else { return .success((entries, token(of: node))) }
                let room = Int32(count - entries.count)
                while asked < min(nodes.count, index + Self.mostAhead),
                    asked == index || outstanding < room
                {
                    add(nodes[asked], asked, room, to: &group, ask)
                    outstanding += expected(nodes[asked])
                    asked += 1
                }
                while answers[index] == nil, let answer = await group.next() {
                    answers[answer.index] = answer.part
                }
                outstanding -= expected(node)
                do throws(DriverError) {
                    guard let part = try answers.removeValue(forKey: index)?.get() else {
                        // A list without it would say that its volumes do not exist.
                        throw DriverError(.unavailable, "node '\(node.id)' was not asked; retry")
                    }
                    let end = try await add(part, of: node, to: &entries, ask)
                    if let end { return .success((entries, end)) }
                } catch {
                    return .failure(error)
                }
            }
            return .success((entries, ""))
        }
        return try page.get()
    }

    private typealias Answer = (index: Int, part: Result<Part, DriverError>)

    /// Asks a node from where the list starts there.
    private func add(
        _ node: ClusterNode,
        _ index: Int,
        _ room: Int32,
        to group: inout TaskGroup<Answer>,
        _ ask: @escaping Ask
    ) {
        group.addTask {
            do throws(DriverError) {
                return (index, .success(try await ask(node, room, firstToken(of: node))))
            } catch {
                return (index, .failure(error))
            }
        }
    }

    /// Adds what a node has; returns the token where the page ends there.
    private func add(
        _ first: Part,
        of node: ClusterNode,
        to entries: inout [Entry],
        _ ask: Ask
    ) async throws(DriverError) -> String? {
        var part = first
        // It was asked ahead, when the page had more room: only the node can say where it ends now.
        if part.entries.count > count - entries.count {
            part = try await ask(node, Int32(count - entries.count), firstToken(of: node))
        }
        entries += part.entries
        while !part.next.isEmpty {
            guard entries.count < count else { return token(of: node, part.next) }
            part = try await ask(node, Int32(count - entries.count), part.next)
            entries += part.entries
        }
        return nil
    }

    private func firstToken(of node: ClusterNode) -> String {
        node.digest == start?.digest ? start?.nodeToken ?? "" : ""
    }

    private func token(of node: ClusterNode, _ nodeToken: String = "") -> String {
        ClusterToken(digest: node.digest, nodeToken: nodeToken).text
    }
}
