package import DriverCore

/// The rules of pages for every list.
package enum PageRules {
    /// The most entries of a page: 2,000 of up to 1.5 KiB are less than the 4 MiB that gRPC clients
    /// receive by default.
    package static let maximumEntries = 2000

    /// Entries of one page; throws `invalidRequest` for a negative number.
    package static func count(_ maxEntries: Int32) throws(DriverError) -> Int {
        guard maxEntries >= 0 else {
            throw DriverError(.invalidRequest, "max_entries is negative: \(maxEntries)")
        }
        return maxEntries == 0 ? maximumEntries : min(Int(maxEntries), maximumEntries)
    }

    /// ABORTED, as CSI asks.
    package static var foreignToken: DriverError {
        DriverError(
            .operationPending,
            "starting_token is not from this driver; list again from the start, without a token"
        )
    }
}
