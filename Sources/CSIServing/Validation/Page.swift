package import DriverCore

/// One page of a list that is ordered by id.
///
/// The token is the last id of the page before. So a token stays good however many objects come
/// and go meanwhile: nothing that stays is told twice or passed over.
package struct Page<ID: ObjectID>: Sendable {
    package static var maximumEntries: Int { PageRules.maximumEntries }

    private let after: ID?
    private let count: Int

    /// Throws `invalidRequest` for a negative count, `operationPending` (ABORTED, as CSI asks) for
    /// a token that is none of ours.
    package init(maxEntries: Int32, startingToken: String) throws(DriverError) {
        count = try PageRules.count(maxEntries)
        guard !startingToken.isEmpty else {
            after = nil
            return
        }
        guard let id = ID(parsing: startingToken) else { throw PageRules.foreignToken }
        after = id
    }

    /// The page out of all entries, ordered by id, and the token of the next one ("" at the end).
    package func cut<Entry>(_ entries: [Entry], id: (Entry) -> ID) -> (
        page: ArraySlice<Entry>, next: String
    ) {
        let start = after.map { after in entries.partitioningIndex { id($0) > after } } ?? 0
        let page = entries[start...].prefix(count)
        guard page.endIndex < entries.endIndex, let last = page.last else { return (page, "") }
        return (page, id(last).text)
    }
}

extension Array {
    /// The first index from which `belongs` holds, in an array where it holds from some index on.
    fileprivate func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
