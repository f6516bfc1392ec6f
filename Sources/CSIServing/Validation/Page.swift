package import DriverCore

/// One page of a list that is ordered by id.
///
/// The token is the last id of the page before. So a token stays good however many objects come
/// and go meanwhile: nothing that stays is told twice or passed over.
package struct Page<ID: ObjectID>: Sendable {
    /// What a page holds at most, whatever was asked: 2,000 entries of up to 1.5 KiB stay below the
    /// 4 MiB that gRPC clients receive by default.
    package static var maximumEntries: Int { 2000 }

    private let after: ID?
    private let count: Int

    /// Throws `invalidRequest` for a negative count, `operationPending` (ABORTED, as CSI asks) for
    /// a token that is none of ours.
    package init(maxEntries: Int32, startingToken: String) throws(DriverError) {
        guard maxEntries >= 0 else {
            throw DriverError(.invalidRequest, "max_entries is negative: \(maxEntries)")
        }
        count = maxEntries == 0 ? Self.maximumEntries : min(Int(maxEntries), Self.maximumEntries)
        guard !startingToken.isEmpty else {
            after = nil
            return
        }
        guard let id = ID(parsing: startingToken) else {
            throw DriverError(
                .operationPending,
                "starting_token is not one that this driver gave; start again without one"
            )
        }
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
