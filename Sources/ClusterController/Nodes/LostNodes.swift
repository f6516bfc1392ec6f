import CSIServing
package import DriverCore
import Naming
import Synchronization

/// The nodes that an administrator declared lost: their volumes may be deleted without them.
///
/// An entry ends when the node is heard from again.
package final class LostNodes: Sendable {
    /// One declaration.
    package struct Entry: Sendable, Hashable {
        package let nodeID: String
        /// The boot that is lost, or nil for any; a node that has booted since is not lost.
        package let bootID: String?
        /// When it was declared, as written in the file.
        package let time: String?

        package init(nodeID: String, bootID: String? = nil, time: String? = nil) {
            self.nodeID = nodeID
            self.bootID = bootID
            self.time = time
        }
    }

    private struct State {
        var entries: [ByteKey: Entry] = [:]
        /// Declarations that ended because the node registered again; they stay ended until they
        /// are changed.
        var ended: Set<Entry> = []
        var uses = 0
    }

    private let state = Mutex(State())

    package init(_ entries: [Entry] = []) { replace(with: entries) }

    /// Replaces the list.
    package func replace(with entries: [Entry]) {
        state.withLock { state in
            state.entries = [:]
            for entry in entries { state.entries[ByteKey(entry.nodeID)] = entry }
            state.ended.formIntersection(entries)
        }
    }

    /// Entries that are in force, by node id.
    package var entries: [Entry] {
        state.withLock { state in state.entries.values.filter { !state.ended.contains($0) } }
            .sorted { $0.nodeID < $1.nodeID }
    }

    /// How many deletes succeeded because of a declaration.
    package var uses: Int { state.withLock(\.uses) }

    func contains(_ id: String, bootID: String) -> Bool {
        entry(of: id).map { $0.bootID == nil || $0.bootID == bootID } ?? false
    }

    /// Whether a node with this digest is declared lost; for nodes that never registered.
    func names(digest: String) -> Bool {
        entries.contains { NodeIdentity.idDigest(ofNode: $0.nodeID) == digest }
    }

    /// Ends the declaration of a node that has registered.
    ///
    /// Whether that ended a declaration.
    func end(_ id: String) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[ByteKey(id)] else { return false }
            return state.ended.insert(entry).inserted
        }
    }

    func countUse() { state.withLock { $0.uses += 1 } }

    private func entry(of id: String) -> Entry? {
        state.withLock { state in
            state.entries[ByteKey(id)].flatMap { state.ended.contains($0) ? nil : $0 }
        }
    }
}

extension LostNodes {
    /// Parses a list with one node per line, `<node id> [<boot id> [<time>]]`; `#` begins a
    /// comment.
    ///
    /// Throws `invalidRequest` with the line's number.
    package static func parse(_ text: String) throws(DriverError) -> [Entry] {
        var entries: [Entry] = []
        let lines = text.byteSplit(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let words = line.bytePrefix(before: "#").byteWords.map(String.init)
            guard let id = words.first else { continue }
            guard words.count <= 3 else {
                throw DriverError(
                    .invalidRequest,
                    "line \(index + 1) of the list of lost nodes has \(words.count) words; write "
                        + "'<node id> [<boot id> [<time>]]'"
                )
            }
            let isTwice = entries.contains { $0.nodeID.hasSameBytes(as: id) }
            guard !isTwice else {
                throw DriverError(
                    .invalidRequest,
                    "line \(index + 1) of the list of lost nodes names node '\(id)' a second time; remove the line"
                )
            }
            entries.append(
                Entry(
                    nodeID: id,
                    bootID: words.count > 1 ? words[1] : nil,
                    time: words.count > 2 ? words[2] : nil
                )
            )
        }
        return entries
    }
}
